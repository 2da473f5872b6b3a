package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/**
 * A C program's run in a machine and, to compare with, on the host.
 *
 * @param end how it ended
 * @param out what it wrote to standard output
 * @param error what it wrote to standard error
 */
record Guest(Stop end, String out, String error) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Runs a program to its end in 64 MiB. */
    static Guest run(Path program, String... arguments) throws Exception {
        return run(program, 64 << 20, false, arguments);
    }

    static Guest run(Path program, long memoryBytes, boolean trace, String... arguments) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream error = new ByteArrayOutputStream();
        Descriptors descriptors = new Descriptors();
        descriptors.set(1, new Output(out::writeBytes), false);
        descriptors.set(2, new Output(error::writeBytes), false);
        List<String> command = new ArrayList<>(List.of("/app/program"));
        command.addAll(List.of(arguments));
        Stop end = Bed.on((kvm, signal) -> {
            try (VirtualMachine machine = VirtualMachine.boot(
                    kvm,
                    memoryBytes,
                    ImageFile.open(program, "/app/program"),
                    path -> {
                        throw new AssertionError("wanted " + path);
                    },
                    command,
                    List.of("PATH=/bin"),
                    descriptors)) {
                if (trace) {
                    machine.program()
                            .trace((thread, name, a, result) -> System.err.println(thread.id() + " " + name + "("
                                    + Long.toHexString(a[0]) + ", " + Long.toHexString(a[1]) + ", "
                                    + Long.toHexString(a[2]) + ") = " + result));
                }
                return toTheEnd(machine, signal);
            }
        });
        return new Guest(end, out.toString(StandardCharsets.UTF_8), error.toString(StandardCharsets.UTF_8));
    }

    /** Lets a machine run, and waits with it, until it ends; gives up after a minute. */
    static Stop toTheEnd(VirtualMachine machine, ThreadSignal signal) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Stop stop = machine.run(signal, deadline);
            if (!(stop instanceof Stop.Idle(long next)) || next == Wait.FOREVER) {
                return stop;
            }
            LockSupport.parkNanos(Math.max(1, Math.min(next, deadline) - System.nanoTime()));
        }
    }

    /** What the same program writes on the host. */
    static String onHost(Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("timeout", "60", program.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("exit status on the host").isZero();
        return out;
    }

    /** It exited with 0; the message of a failure shows all there is. */
    Guest succeeded() {
        assertThat(end).as("%s", this).isEqualTo(new Stop.Exited(0));
        return this;
    }
}
