package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;

/** What tests with real machines need: /dev/kvm, a platform thread, compiled guests. */
final class Bed {
    private Bed() {}

    /** Work that needs a machine's thread. */
    @FunctionalInterface
    interface Work<T> {
        T run(Kvm kvm, ThreadSignal signal) throws Exception;
    }

    /** Skips the test, and says why, where no machine can be made. */
    static void needsKvm() {
        try {
            Kvm.open().close();
        } catch (ErrnoException e) {
            assumeTrue(false, "skipped: no virtual machines here: " + e.getMessage());
        }
    }

    /** Runs work on a platform thread of its own. */
    static <T> T on(Work<T> work) throws Exception {
        needsKvm();
        Callable<T> task = () -> {
            try (Kvm kvm = Kvm.open();
                    ThreadSignal signal = ThreadSignal.ofThisThread()) {
                return work.run(kvm, signal);
            }
        };
        FutureTask<T> future = new FutureTask<>(task);
        Thread.ofPlatform().name("machine").start(future);
        return future.get();
    }

    /** Compiles a static C program. */
    static Path compile(Path directory, String name, String source, String... flags)
            throws IOException, InterruptedException {
        Path file = Files.writeString(directory.resolve(name + ".c"), source);
        Path program = directory.resolve(name);
        List<String> command =
                new ArrayList<>(List.of("gcc", "-O1", "-static", "-o", program.toString(), file.toString()));
        command.addAll(List.of(flags));
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(gcc.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(said).isZero();
        return program;
    }
}
