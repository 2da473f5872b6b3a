package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.HostReport;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.SupervisedState;
import mayfly.machine.Supervisor;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is the driver's own business; what every driver promises is in the conformance kit. */
final class ProcessDriverTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final HostReport PROBE =
            new HostReport("process", true, "full", List.of(new HostReport.Feature("userns", true, "", "")));

    private Path data;
    private Path code;

    @BeforeEach
    void directories(@TempDir Path directory) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = Files.createDirectory(directory.resolve("data"));
        code = Files.createDirectory(directory.resolve("code"));
        Files.setPosixFilePermissions(code, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(code.resolve("app.py"), "import time\ndef f(e): return e\ndef wait(e): time.sleep(1000)\n");
        Files.setPosixFilePermissions(code.resolve("app.py"), PosixFilePermissions.fromString("rw-r--r--"));
    }

    private ProcessDriver open(Supervisor supervisor) throws MachineException {
        return ProcessDriver.open(supervisor, data, Map.of(), PROBE);
    }

    private TemplateSpec spec(GuestRuntime runtime, String handler) {
        return new TemplateSpec("t@1", runtime, handler, code, Map.of(), 64 << 20, 4, false, Duration.ofSeconds(30));
    }

    private static Outcome call(Machine machine) {
        byte[] payload = "[1]".getBytes(StandardCharsets.UTF_8);
        return machine.exec(new Work(Ids.system().invocation(), payload, true, PATIENCE, LogSink.NONE));
    }

    private static void requirePython(ProcessDriver driver) {
        assumeTrue(
                driver.host().features().stream()
                        .anyMatch(feature -> feature.name().equals("python3") && feature.available()),
                "no python3 on this host");
    }

    @Test
    void whatAnEarlierNodeLeftRunningIsEndedAndRemoved() throws Exception {
        String left;
        try (Supervisor killed = ProcessSupervisor.open(data)) {
            ProcessDriver driver = open(killed);
            requirePython(driver);
            Template forgotten = driver.boot(spec(GuestRuntime.PYTHON3, "app.f"));
            assertThat(forgotten.ping(10_000)).isTrue();
            left = killed.names().getFirst();
            assertThat(killed.inspect(left)).isInstanceOf(SupervisedState.Running.class);
            // no close: as if the node had been killed
        }
        try (Supervisor next = ProcessSupervisor.open(data);
                ProcessDriver driver = open(next)) {
            assertThat(next.names()).doesNotContain(left);
            assertThat(next.inspect(left)).isInstanceOf(SupervisedState.Unknown.class);
            try (Template template = driver.boot(spec(GuestRuntime.PYTHON3, "app.f"));
                    Machine machine = template.fork()) {
                assertThat(call(machine)).isInstanceOf(Outcome.Success.class);
            }
        }
    }

    @Test
    void aSandboxThatDiesIsNoticedByEverybodyInIt() throws Exception {
        try (Supervisor supervisor = ProcessSupervisor.open(data);
                ProcessDriver driver = open(supervisor)) {
            requirePython(driver);
            Template template = driver.boot(spec(GuestRuntime.PYTHON3, "app.wait"));
            Machine busy = template.fork();
            Machine idle = template.fork();
            Thread killer = Thread.startVirtualThread(() -> {
                try {
                    String name = supervisor.names().getFirst();
                    assertThat(supervisor.signal(name, 9)).isTrue();
                } catch (MachineException e) {
                    throw new AssertionError(e);
                }
            });
            Outcome outcome = call(busy);
            killer.join();
            assertThat(outcome).isInstanceOfAny(Outcome.Crashed.class, Outcome.NotStarted.class);
            assertThat(call(idle)).isNotInstanceOf(Outcome.Success.class);
            assertThat(template.ping(10_000)).isFalse();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThatThrownBy(() -> {
                                for (int i = 0; i < 2; i++) { // the first may be the one that was forked ahead
                                    Machine late = template.fork();
                                    assertThat(call(late)).isInstanceOf(Outcome.NotStarted.class);
                                    late.close();
                                }
                            })
                            .isInstanceOf(MachineException.class)
                            .hasMessageContaining("t@1"));
            busy.close();
            idle.close();
            template.close();
            assertThat(supervisor.names()).isEmpty();
        }
    }

    @Test
    void whatIsMissingIsNamedWithTheRemedy() throws Exception {
        try (Supervisor supervisor = ProcessSupervisor.open(data);
                ProcessDriver driver = ProcessDriver.open(
                        supervisor,
                        data,
                        Map.of(GuestRuntime.PYTHON3, code.resolve("nothing"), GuestRuntime.NODE, Path.of("/bin/true")),
                        PROBE)) {
            assertThatThrownBy(() -> driver.boot(spec(GuestRuntime.PYTHON3, "app.f")))
                    .isInstanceOf(MachineException.class)
                    .hasMessageContainingAll("python3", "install Python 3.9");
            assertThatThrownBy(() -> driver.boot(spec(GuestRuntime.NODE, "app.f")))
                    .isInstanceOf(MachineException.class)
                    .hasMessageContainingAll("/bin/true does not work", "install Node");
            assertThat(driver.host().features())
                    .extracting(HostReport.Feature::name)
                    .containsExactly("userns", "services", "python3", "node");
            assertThat(driver.host().features())
                    .extracting(HostReport.Feature::available)
                    .containsExactly(true, false, false, false);
            assertThat(supervisor.names()).isEmpty();
        }
    }

    @Test
    void aClosedDriverBootsNothingAndLeavesNothing() throws Exception {
        try (Supervisor supervisor = ProcessSupervisor.open(data)) {
            ProcessDriver driver = open(supervisor);
            requirePython(driver);
            Template template = driver.boot(spec(GuestRuntime.PYTHON3, "app.f"));
            assertThat(template.ping(10_000)).isTrue();
            driver.close();
            assertThat(supervisor.names()).isEmpty();
            assertThatThrownBy(() -> driver.boot(spec(GuestRuntime.PYTHON3, "app.f")))
                    .isInstanceOf(MachineException.class);
        }
    }
}
