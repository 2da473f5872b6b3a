package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Reach;
import mayfly.machine.ServiceSpec;
import mayfly.machine.process.ProcessDriver;
import mayfly.machine.process.ProcessSupervisor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The kit on sandboxed processes. */
final class ProcessServiceConformanceTest extends ServiceDriverKit {
    private ProcessSupervisor supervisor;

    @Override
    MachineDriver start(Path data) throws Exception {
        supervisor = ProcessSupervisor.open(data);
        return ProcessDriver.open(supervisor, data, Map.of(), new HostReport("process", true, "full", List.of()));
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(supervisor.names()).isEmpty();
    }

    @Test
    void whatCannotBeForkedSafelyIsRefusedByName() throws Exception {
        refused("SeveralThreads", "2 threads", "/usr/bin/python3", "-c", """
                import http.server, threading
                threading.Thread(target=threading.Event().wait, daemon=True).start()
                http.server.HTTPServer(("", 8000), None).serve_forever()
                """);
        refused("SeveralProcesses", "2 processes", "/bin/sh", "-c", "python3 -m http.server 8000; true");
        refused("SharedDescriptor", "an open connection", "/usr/bin/python3", "-c", """
                import http.server, socket
                server = http.server.HTTPServer(("", 8000), None)
                client = socket.create_connection(("127.0.0.1", 8000))
                held = server.socket.accept()
                server.serve_forever()
                """);
        // Some are gone before we connect to their sandbox, some are not.
        for (int i = 0; i < 20; i++) {
            refused("InitCrashed", "status 0", "/bin/true");
        }
        refused("InitCrashed", "status 0", "/bin/sh", "-c", "python3 -m http.server 8000 & exit 0");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "skipped: gcc is not installed");
        Path source = Files.writeString(site().resolve("static.c"), "int main(void) { return 0; }");
        String program = site().resolve("static").toString();
        Process gcc = new ProcessBuilder("/usr/bin/gcc", "-static", "-o", program, source.toString()).start();
        assertThat(gcc.waitFor()).isZero();
        refused("StaticProgram", "statically linked", program);
        refused("ProgramInvalid", "neither a script nor a program", source.toString());
    }

    private void refused(String type, String what, String... command) {
        ServiceSpec spec = spec(site(), List.of(command), 0, 0, false);
        assertThatThrownBy(() -> driver().boot(spec)).isInstanceOfSatisfying(InitFailedException.class, e -> {
            assertThat(e.error().type()).as(e.error().toString()).isEqualTo(type);
            assertThat(e.error().message()).contains(what);
        });
    }

    @Test
    void whatProcessesDoNotReachIsRefusedByName() {
        for (Reach reach : List.of(
                new Reach(List.of(), List.of(), List.of(new Reach.Destination("db", 5432))),
                new Reach(List.of(), List.of(new Reach.Volume(site(), "/data")), List.of()))) {
            ServiceSpec plain = spec(site(), List.of("/usr/bin/python3"), 0, 0, false);
            ServiceSpec spec = new ServiceSpec(
                    plain.name(),
                    plain.program(),
                    Map.of(),
                    "/",
                    reach,
                    false,
                    0,
                    0,
                    1 << 20,
                    1,
                    Duration.ofSeconds(1));
            assertThatThrownBy(() -> driver().boot(spec))
                    .isInstanceOf(MachineException.class)
                    .hasMessageContaining(reach.volumes().isEmpty() ? "allow_connect" : "volumes");
        }
    }

    @Override
    void stop() {
        if (supervisor != null) {
            supervisor.close();
        }
    }
}
