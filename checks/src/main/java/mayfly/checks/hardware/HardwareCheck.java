package mayfly.checks.hardware;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.Snapshot;
import mayfly.machine.kvm.VirtualMachine;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/**
 * Runs static programs in virtual machines and says whether all is as it must be: {@code HardwareCheck DIRECTORY}, with
 * the compiled guests {@code counter}, {@code attack} and {@code threads} in it. Needs nothing of a test framework, so that it runs in an
 * initramfs. Exits with the number of failures.
 */
public final class HardwareCheck {
    private static final int MEMORY_BYTES = 32 << 20;
    private static final int REQUESTS = 50;
    private static final long LOOP_NANOS = 300_000_000L;
    private static final long THREADS_NANOS = 60_000_000_000L;
    private static final List<String> ATTACKS =
            List.of("out", "cli", "hlt", "cr3", "ud2", "null", "text", "kernel", "div");

    private final Path guests;
    private final Kvm kvm;
    private final ThreadSignal signal;
    private int passed;
    private int failed;

    private HardwareCheck(Path guests, Kvm kvm, ThreadSignal signal) {
        this.guests = guests;
        this.kvm = kvm;
        this.signal = signal;
    }

    public static void main(String[] arguments) throws ExecutionException, InterruptedException {
        FutureTask<Integer> task = new FutureTask<>((Callable<Integer>) () -> {
            try (Kvm kvm = Kvm.open();
                    ThreadSignal signal = ThreadSignal.ofThisThread()) {
                return new HardwareCheck(Path.of(arguments[0]), kvm, signal).run();
            }
        });
        Thread.ofPlatform().name("machine").start(task);
        System.exit(task.get());
    }

    private int run() throws IOException, ErrnoException, BadProgramException {
        for (String attack : ATTACKS) {
            try (VirtualMachine machine = boot("attack", attack)) {
                Stop stop = machine.run(signal, Wait.FOREVER);
                check("attack " + attack + " is answered with a signal: " + stop, stop instanceof Stop.Killed);
            }
        }
        try (VirtualMachine machine = boot("attack", "loop")) {
            Stop stop = machine.run(signal, System.nanoTime() + LOOP_NANOS);
            check("an endless loop is interrupted: " + stop, stop instanceof Stop.Interrupted);
        }
        try (VirtualMachine machine = boot("threads")) {
            Stop stop = machine.run(signal, System.nanoTime() + THREADS_NANOS);
            check("threads take turns and handle signals: " + stop, stop.equals(new Stop.Exited(0)));
        }
        requests();
        System.out.println(passed + " passed, " + failed + " failed");
        return failed;
    }

    private void requests() throws IOException, ErrnoException, BadProgramException {
        VirtualMachine template = boot("counter");
        Stop stop = template.run(signal, Wait.FOREVER);
        check("the program waits for a request: " + stop, stop instanceof Stop.Idle);
        try (Snapshot snapshot = template.freeze();
                VirtualMachine fork = snapshot.fork(kvm)) {
            int wrong = 0;
            int different = 0;
            long begin = System.nanoTime();
            for (int i = 0; i < REQUESTS; i++) {
                wrong += ask(fork).equals("count=1 big=1 x=3.0") ? 0 : 1;
                fork.reset();
                different += fork.differences();
            }
            long micros = (System.nanoTime() - begin) / 1000 / REQUESTS;
            check(REQUESTS + " requests find the template's state, " + wrong + " do not", wrong == 0);
            check("after their resets " + different + " pages differ", different == 0);
            System.out.println("request, reset and comparison of every page: " + micros + " us");
        }
    }

    private String ask(VirtualMachine machine) throws ErrnoException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        if (machine.program().descriptors().get(3) instanceof Channel channel) {
            channel.setReceiver((bytes, count) -> {
                answer.write(bytes, 0, count);
                machine.program().stopAfterCall();
            });
            channel.give(new byte[] {'1'});
        }
        Stop stop = machine.run(signal, Wait.FOREVER);
        return stop instanceof Stop.Asked ? answer.toString(StandardCharsets.UTF_8) : stop.toString();
    }

    private VirtualMachine boot(String... arguments) throws IOException, ErrnoException, BadProgramException {
        Descriptors descriptors = new Descriptors();
        descriptors.set(3, new Channel((_, _) -> {}), false);
        try (ImageFile image = ImageFile.open(guests.resolve(arguments[0]), "/app/" + arguments[0])) {
            return VirtualMachine.boot(
                    kvm,
                    MEMORY_BYTES,
                    image,
                    path -> {
                        throw new BadProgramException(path, "a static program needs no linker");
                    },
                    List.of(arguments),
                    List.of(),
                    descriptors);
        }
    }

    private void check(String what, boolean right) {
        System.out.println((right ? "ok      " : "FAILED  ") + what);
        if (right) {
            passed++;
        } else {
            failed++;
        }
    }
}
