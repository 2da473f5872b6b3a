package mayfly.checks.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.kvm.Snapshot;
import mayfly.machine.kvm.VirtualMachine;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.UnsavableException;

/** Virtual machines at the level of the library, beside the C spike that does the same insecurely. */
final class KvmBench {
    private static final int EXITS = 20_000;
    private static final int MEMORY_BYTES = 64 << 20;
    private static final double MICROS = 1e3;
    private static final double MILLIS = 1e6;

    private final BenchPlace place;
    private final Report report;
    private final Spike spike;

    private KvmBench(BenchPlace place, Report report) throws IOException {
        this.place = place;
        this.report = report;
        spike = Spike.build(place);
    }

    static void run(BenchPlace place, Report report) throws IOException, InterruptedException {
        try (Kvm kvm = Kvm.open()) {
            KvmBench bench = new KvmBench(place, report);
            FutureTask<Void> task = new FutureTask<>((Callable<Void>) () -> {
                try (ThreadSignal signal = ThreadSignal.ofThisThread()) {
                    bench.exits(kvm, signal);
                    if (bench.spike.isThere()) {
                        bench.boots(kvm, signal);
                        bench.requests(kvm, signal, "ping");
                        bench.requests(kvm, signal, "io");
                    } else {
                        report.skipped("Python requests beside the C spike", bench.spike.whyNot());
                    }
                    bench.resets(kvm, signal);
                }
                return null;
            });
            Thread.ofPlatform().name("bench-vm").start(task);
            task.get();
            bench.memory();
        } catch (ErrnoException e) {
            report.skipped("virtual machines", String.valueOf(e.getMessage()));
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    /** One system call's way out of the machine and back, in Java and in the C loop, in turns. */
    private void exits(Kvm kvm, ThreadSignal signal) throws IOException, ErrnoException, BadProgramException {
        Path program = place.compile("exits");
        int rounds = place.quick() ? 4 : 10;
        double[] java = new double[rounds];
        double[] c = new double[rounds];
        exitMicros(kvm, signal, program); // compiles the loop
        exitMicros(kvm, signal, program);
        for (int i = 0; i < rounds; i++) {
            java[i] = exitMicros(kvm, signal, program);
            c[i] = spike.isThere() ? spike.exitMicros(program, EXITS) : 0;
        }
        Arrays.sort(java);
        Arrays.sort(c);
        report.note("system call out of the machine and back, Java", java[rounds / 2], "us", "median of " + rounds);
        if (spike.isThere()) {
            report.note("  the C spike's loop", c[rounds / 2], "us", "same run, in turns");
            report.atMost("  Java's own cost on top", java[rounds / 2] - c[rounds / 2], 1.0, "us", "");
        } else {
            report.skipped("  the C spike's loop", spike.whyNot());
        }
    }

    /** The spike's Python server, each request in the state in which it was frozen: run and reset. */
    private void requests(Kvm kvm, ThreadSignal signal, String request)
            throws IOException, ErrnoException, BadProgramException {
        int count = place.count(5000);
        double c = spike.requestMicros(request, 200);
        try (HostView view = PythonGuest.view(spike.directory());
                Snapshot snapshot = PythonGuest.freeze(kvm, signal, view, Spike.SERVER);
                VirtualMachine fork = snapshot.fork(kvm)) {
            double[] micros = new double[count];
            for (int i = -3 * count; i < count; i++) { // the JVM compiles its hot paths first
                double taken = ask(fork, signal, request + "#" + i);
                if (i >= 0) {
                    micros[i] = taken;
                }
            }
            c = Math.min(c, spike.requestMicros(request, 200));
            int different = fork.differences();
            Arrays.sort(micros);
            double p50 = micros[count / 2];
            double p99 = micros[count * 99 / 100];
            report.note("Python request " + request + ", run and reset, p50", p50, "us", different + " pages differ");
            report.note("  the C spike", c, "us", "same run, the better of before and after");
            report.atMost("  Java over C", p50 / c, request.equals("ping") ? 1.25 : 1.15, "x", "");
            report.atMost("  p99 over p50", p99 / p50, 3, "x", Math.round(p99) + " us");
        }
    }

    /** From nothing to the waiting point, and from a saved file to an answer. */
    private void boots(Kvm kvm, ThreadSignal signal) throws IOException, ErrnoException, BadProgramException {
        int rounds = place.quick() ? 5 : 15;
        double[] java = new double[rounds];
        double[] c = new double[rounds];
        double[] loaded = new double[rounds];
        for (int i = -2; i < rounds; i++) {
            try (HostView view = PythonGuest.view(spike.directory())) {
                view.record();
                long begin = System.nanoTime();
                Snapshot snapshot = PythonGuest.freeze(kvm, signal, view, Spike.SERVER);
                double taken = (System.nanoTime() - begin) / MILLIS;
                Path file = place.scratch().resolve("saved");
                try (snapshot) {
                    snapshot.save(kvm, file, view, "bench");
                }
                double answered = answeredMillis(kvm, signal, file);
                if (i >= 0) {
                    java[i] = taken;
                    loaded[i] = answered;
                    c[i] = spike.bootMillis();
                }
            } catch (UnsavableException | DamagedException e) {
                throw new IOException(e);
            }
        }
        Arrays.sort(java);
        Arrays.sort(c);
        Arrays.sort(loaded);
        report.note("python3 to its waiting point, frozen", java[rounds / 2], "ms", "median of " + rounds);
        report.note("  the C spike, to its waiting point", c[rounds / 2], "ms", "same run, in turns");
        report.atMost("  Java over C", java[rounds / 2] / c[rounds / 2], 1.2, "x", "");
        report.atMost("from a saved file to the first answer", loaded[rounds / 2], 10, "ms", "library, file in memory");
    }

    private double answeredMillis(Kvm kvm, ThreadSignal signal, Path file)
            throws IOException, ErrnoException, DamagedException {
        try (HostView view = PythonGuest.view(spike.directory())) {
            long begin = System.nanoTime();
            try (Snapshot snapshot = Snapshot.load(kvm, file, view, "bench");
                    VirtualMachine fork = snapshot.fork(kvm)) {
                var _ = ask(fork, signal, "ping#0");
                return (System.nanoTime() - begin) / MILLIS;
            }
        }
    }

    private void resets(Kvm kvm, ThreadSignal signal) throws IOException, ErrnoException, BadProgramException {
        Path directory = Files.createDirectory(place.scratch().resolve("mixed"));
        Files.write(directory.resolve("mixed.py"), BenchPlace.resource("mixed.py"));
        try (HostView view = PythonGuest.view(directory);
                Snapshot snapshot = PythonGuest.freeze(kvm, signal, view, "mixed.py")) {
            ResetCheck.Result result =
                    ResetCheck.run(kvm, signal, snapshot, place.count(10_000), new Random(1), (_, _, _) -> {});
            report.atMost(
                    "pages that differ after requests of mixed kinds",
                    (double) result.different(),
                    0,
                    "pages",
                    "%,d requests, %,d pages put back".formatted(result.requests(), result.pages()));
        }
    }

    private void memory() throws IOException {
        try {
            IdleMemory.Result result = IdleMemory.measure(place.scratch());
            report.atMost(
                    "one more idle machine, trivial Python",
                    result.processKib() + result.kernelKib(),
                    700,
                    "KiB",
                    result.parts());
        } catch (MachineException | InitFailedException e) {
            report.skipped("one more idle machine, trivial Python", String.valueOf(e.getMessage()));
        }
    }

    private static double ask(VirtualMachine machine, ThreadSignal signal, String request)
            throws IOException, ErrnoException {
        StringBuilder answer = new StringBuilder();
        PythonGuest.channel(machine, PythonGuest.ANSWERS)
                .setReceiver((bytes, count) -> answer.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1)));
        PythonGuest.channel(machine, PythonGuest.REQUESTS).give(request.getBytes(StandardCharsets.ISO_8859_1));
        long begin = System.nanoTime();
        Stop stop = machine.run(signal, Wait.FOREVER);
        machine.reset();
        double taken = (System.nanoTime() - begin) / MICROS;
        if (!(stop instanceof Stop.Idle) || !answer.toString().startsWith("count=1 ")) {
            throw new IOException(request + " was answered '" + answer + "' and " + stop);
        }
        return taken;
    }

    private static double exitMicros(Kvm kvm, ThreadSignal signal, Path program)
            throws IOException, ErrnoException, BadProgramException {
        try (ImageFile image = ImageFile.open(program, "/app/exits");
                VirtualMachine machine = VirtualMachine.boot(
                        kvm,
                        MEMORY_BYTES,
                        image,
                        path -> {
                            throw new BadProgramException(path, "a static program needs no linker");
                        },
                        List.of("exits"),
                        List.of(),
                        new Descriptors())) {
            long begin = System.nanoTime();
            Stop stop = machine.run(signal, Wait.FOREVER);
            long taken = System.nanoTime() - begin;
            if (!(stop instanceof Stop.Exited(int code)) || code != 0) {
                throw new IOException("the guest ended with " + stop);
            }
            return taken / MICROS / EXITS;
        }
    }
}
