package mayfly.checks.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.Snapshot;
import mayfly.machine.kvm.files.HostView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code mayfly bench kvm} does for 10,000 requests. */
class ResetCheckTest {
    private static final int REQUESTS = 400;

    @Test
    void nothingOfARequestIsLeftAfterAReset(@TempDir Path directory) throws Exception {
        assertThat(run(directory, (_, _, _) -> {})).satisfies(result -> {
            assertThat(result.different()).isZero();
            assertThat(result.pages()).isGreaterThan(REQUESTS);
        });
    }

    @Test
    void aRequestWithoutAResetIsSeen(@TempDir Path directory) throws Exception {
        ResetCheck.Result result = run(directory, (request, machine, signal) -> {
            if (request == REQUESTS) {
                ResetCheck.ask(machine, signal, "ping");
            }
        });
        assertThat(result.different()).isPositive().isEven(); // once among the machine's own, once among all
    }

    private static ResetCheck.Result run(Path directory, ResetCheck.Tampering tampering) throws Exception {
        Files.write(directory.resolve("mixed.py"), BenchPlace.resource("mixed.py"));
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: no /usr/bin/python3");
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("ResetCheckTest seed " + seed);
        try (Kvm kvm = Kvm.open()) {
            Callable<ResetCheck.Result> work = () -> {
                try (ThreadSignal signal = ThreadSignal.ofThisThread();
                        HostView view = PythonGuest.view(directory);
                        Snapshot snapshot = PythonGuest.freeze(kvm, signal, view, "mixed.py")) {
                    return ResetCheck.run(kvm, signal, snapshot, REQUESTS, new Random(seed), tampering);
                }
            };
            FutureTask<ResetCheck.Result> task = new FutureTask<>(work);
            Thread.ofPlatform().name("machine").start(task);
            return task.get();
        } catch (ErrnoException e) {
            assumeTrue(false, "skipped: no virtual machines here: " + e.getMessage());
            throw e;
        }
    }
}
