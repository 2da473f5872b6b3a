package mayfly.machine.process;

import static mayfly.machine.process.SupervisedTestBed.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import mayfly.machine.SupervisedState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Anything may be written to the report socket. */
class MonitorReportsTest {
    private static final String SEND = """
            import os, random, socket, sys
            os.chdir(sys.argv[1])
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            random.seed(int(sys.argv[2]))
            good = sys.stdin.buffer.read()
            for i in range(3000):
                b = bytearray(good)
                for _ in range(random.randrange(1, 8)):
                    b[random.randrange(len(b))] = random.randrange(256)
                s.sendto(bytes(b[:random.randrange(len(b) + 1)] if i % 2 else b), 'hypervisor.sock')
            s.sendto(b'[' * 4000, 'hypervisor.sock')
            s.sendto(b'x' * 60000, 'hypervisor.sock')
            s.sendto(good.replace(b'task_1', b'../../etc'), 'hypervisor.sock')
            s.sendto(good, 'hypervisor.sock')
            """;

    @Test
    void garbageChangesNothing(@TempDir Path data) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: no python3 to send datagrams");
        long seed = System.nanoTime();
        System.out.println("report fuzz seed " + seed);
        try (SupervisedTestBed bed = new SupervisedTestBed(data)) {
            ProcessSupervisor supervisor = bed.open();
            supervisor.spawn("task_1", SupervisedTestBed.command("sleep", "600"));
            byte[] file = Files.readAllBytes(bed.directory("task_1").file("status"));
            String json = new String(file, 32, file.length - 32, StandardCharsets.UTF_8).replace("\0", "");
            ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
            supervisor.onChange(changed::add);

            Process sender = new ProcessBuilder(
                            "python3", "-I", "-c", SEND, data.resolve("run").toString(), Long.toString(seed))
                    .inheritIO()
                    .redirectInput(ProcessBuilder.Redirect.PIPE)
                    .start();
            try (OutputStream in = sender.getOutputStream()) {
                in.write(json.replace("running", "exited").getBytes(StandardCharsets.UTF_8));
            }
            assertThat(sender.waitFor()).isZero();

            await().atMost(PATIENCE).until(() -> changed.contains("task_1"));
            assertThat(changed).containsOnly("task_1");
            assertThat(supervisor.inspect("task_1")).isInstanceOf(SupervisedState.Running.class);
            assertThat(supervisor.names()).containsExactly("task_1");
        }
    }

    @Test
    void aStaleSocketIsReplaced(@TempDir Path data) throws Exception {
        Files.createDirectory(data.resolve("run"));
        Files.writeString(data.resolve("run/hypervisor.sock"), "stale");
        try (SupervisedTestBed bed = new SupervisedTestBed(data)) {
            ProcessSupervisor supervisor = bed.open();
            ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
            supervisor.onChange(changed::add);
            supervisor.spawn("task_1", SupervisedTestBed.command("true"));
            await().atMost(PATIENCE).until(() -> changed.contains("task_1"));
            supervisor.close();
            assertThat(data.resolve("run/hypervisor.sock")).doesNotExist();
        }
    }
}
