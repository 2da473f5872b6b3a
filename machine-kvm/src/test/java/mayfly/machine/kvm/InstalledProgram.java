package mayfly.machine.kvm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.program.Stop;

/** A program that is installed here, unmodified, run on the host and in a machine with the standard view of the host. */
final class InstalledProgram {
    private static final List<String> ENVIRONMENT = List.of("PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C");
    private static final long FILE_BYTES = 64 << 20;
    private static final int FILES_MAX = 4096;
    private static final long SECONDS_MAX = 60;

    /**
     * What a run gave.
     *
     * @param output and error output, in the order in which they came
     * @param calls the system calls, as a trace
     */
    record Run(Stop stop, String output, List<String> calls) {}

    private final String path;
    private long memoryBytes = 256 << 20;
    private byte[] input = new byte[0];
    private final List<Path> shown = new ArrayList<>();

    private InstalledProgram(String path) {
        this.path = path;
    }

    /** Skips the test where it cannot be. */
    static InstalledProgram of(String path) {
        assumeTrue(Files.isReadable(Path.of("/dev/kvm")), "skipped: /dev/kvm cannot be opened");
        assumeTrue(Files.isExecutable(Path.of(path)), "skipped: " + path + " is not installed");
        return new InstalledProgram(path);
    }

    InstalledProgram memory(long bytes) {
        memoryBytes = bytes;
        return this;
    }

    InstalledProgram input(String text) {
        input = text.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    /** Shows a directory of the host at its own path. */
    InstalledProgram show(Path directory) {
        shown.add(directory);
        return this;
    }

    /** Its output on the host. */
    String onHost(String... arguments) throws IOException {
        List<String> command = words(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        for (String variable : ENVIRONMENT) {
            builder.environment()
                    .put(variable.substring(0, variable.indexOf('=')), variable.substring(variable.indexOf('=') + 1));
        }
        Process process = builder.start();
        process.getOutputStream().write(input);
        process.getOutputStream().close();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private List<String> words(String... arguments) {
        List<String> words = new ArrayList<>(List.of(path));
        words.addAll(List.of(arguments));
        return words;
    }

    /** Runs it to its end in a machine, on a thread of its own. */
    Run inMachine(String... arguments) throws Exception {
        FutureTask<Run> task = new FutureTask<>(() -> run(words(arguments)));
        Thread.ofPlatform().start(task);
        return task.get();
    }

    private Run run(List<String> words) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Descriptors descriptors = descriptors(input, out);
        List<String> calls = new ArrayList<>();
        try (Kvm kvm = Kvm.open();
                ThreadSignal signal = ThreadSignal.ofThisThread();
                HostView view = HostView.standard()) {
            for (Path directory : shown) {
                view.addDirectory(directory, directory.toString());
            }
            try (VirtualMachine vm = VirtualMachine.boot(
                    kvm, memoryBytes, view.tree(FILE_BYTES, FILES_MAX), path, words, ENVIRONMENT, descriptors)) {
                vm.program()
                        .trace((thread, name, a, result) -> calls.add(thread.id() + " " + name + "("
                                + Long.toHexString(a[0]) + ", " + Long.toHexString(a[1]) + ", " + Long.toHexString(a[2])
                                + ") = " + result));
                Stop stop = toEnd(vm, signal);
                return new Run(stop, out.toString(StandardCharsets.UTF_8), calls);
            }
        }
    }

    /** Standard input that has an end, and output and error output as one. */
    static Descriptors descriptors(byte[] input, ByteArrayOutputStream out) {
        Descriptors descriptors = new Descriptors();
        Channel in = new Channel((_, _) -> {});
        in.give(input);
        in.end();
        descriptors.set(0, in, false);
        Output output = new Output(out::writeBytes);
        descriptors.set(1, output, false);
        descriptors.set(2, output.retain(), false);
        return descriptors;
    }

    /** Runs a machine until its program ended or waits for good. */
    static Stop toEnd(VirtualMachine vm, ThreadSignal signal) throws ErrnoException, InterruptedException {
        long end = System.nanoTime() + SECONDS_MAX * 1_000_000_000L;
        while (true) {
            Stop stop = vm.run(signal, end);
            switch (stop) {
                case Stop.Idle(long deadline) -> {
                    if (deadline - end > 0) {
                        return stop; // nothing will wake it
                    }
                    Thread.sleep(java.time.Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
                }
                case Stop.Asked _ -> {}
                case Stop.Interrupted _, Stop.Exited _, Stop.Killed _ -> {
                    return stop;
                }
            }
        }
    }
}
