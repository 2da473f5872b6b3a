package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Statistics;
import mayfly.machine.kvm.program.Stop;

/** A static C program that is run on the host and in a machine, to compare what it says. */
final class GuestProgram {
    private static final long MEMORY_BYTES = 64 << 20;

    /** What a run in a machine gave; output and error output are one. */
    record Run(Stop stop, String output, Statistics statistics) {}

    private final Path file;

    private GuestProgram(Path file) {
        this.file = file;
    }

    /** Compiles a program, or skips the test where that cannot be. */
    static GuestProgram compile(Path directory, String source) throws IOException, InterruptedException {
        assumeTrue(Files.isReadable(Path.of("/dev/kvm")), "skipped: /dev/kvm cannot be opened");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "skipped: there is no gcc");
        Path file = directory.resolve("program");
        Path code = Files.writeString(directory.resolve("program.c"), source);
        Process gcc = new ProcessBuilder(
                        "gcc", "-w", "-O1", "-static", "-D_GNU_SOURCE", "-o", file.toString(), code.toString())
                .inheritIO()
                .start();
        if (gcc.waitFor() != 0) {
            throw new AssertionError("gcc refused the program");
        }
        return new GuestProgram(file);
    }

    /** Runs it on both, and compares. */
    void sameAsOnHost() throws Exception {
        String host = onHost();
        Run run = inMachine();
        List<String> lines = host.lines().toList();
        List<String> ours = run.output().lines().toList();
        for (int i = 0; i < Math.min(lines.size(), ours.size()); i++) {
            assertThat(ours.get(i))
                    .as("line %d, after %s", i + 1, ours.subList(Math.max(0, i - 3), i))
                    .isEqualTo(lines.get(i));
        }
        assertThat(run.output()).isEqualTo(host).isNotEmpty();
        assertThat(run.stop()).isEqualTo(new Stop.Exited(0));
    }

    /** What it prints on the host. */
    String onHost(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("timeout", "20", file.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Runs it to its end in a machine, on a thread of its own. */
    Run inMachine(String... arguments) throws Exception {
        return onThread(() -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            Descriptors descriptors = new Descriptors();
            Channel in = new Channel((_, _) -> {});
            in.end();
            descriptors.set(0, in, false);
            descriptors.set(1, new Output(out::writeBytes), false);
            descriptors.set(2, new Output(out::writeBytes), false);
            List<String> words = new ArrayList<>(List.of("program"));
            words.addAll(List.of(arguments));
            try (Kvm kvm = Kvm.open();
                    ThreadSignal signal = ThreadSignal.ofThisThread();
                    VirtualMachine vm = VirtualMachine.boot(
                            kvm,
                            MEMORY_BYTES,
                            ImageFile.open(file, "/app/program"),
                            path -> {
                                throw new AssertionError(path);
                            },
                            words,
                            List.of(),
                            descriptors)) {
                Stop stop = runToEnd(vm, signal);
                return new Run(
                        stop, out.toString(StandardCharsets.UTF_8), vm.program().statistics());
            }
        });
    }

    private static Stop runToEnd(VirtualMachine vm, ThreadSignal signal) throws ErrnoException, InterruptedException {
        while (true) {
            Stop stop = vm.run(signal, System.nanoTime() + 20_000_000_000L);
            switch (stop) {
                case Stop.Idle(long deadline) -> {
                    long nanos = deadline - System.nanoTime();
                    if (nanos > 20_000_000_000L) {
                        return stop; // nothing will wake it
                    }
                    if (nanos > 0) {
                        Thread.sleep(java.time.Duration.ofNanos(nanos));
                    }
                }
                case Stop.Asked _ -> {}
                case Stop.Interrupted _, Stop.Exited _, Stop.Killed _ -> {
                    return stop;
                }
            }
        }
    }

    private static <T> T onThread(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().start(task);
        return task.get();
    }
}
