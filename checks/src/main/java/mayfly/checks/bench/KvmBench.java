package mayfly.checks.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.VirtualMachine;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/** Virtual machines at the level of the library, beside the C spike that does the same insecurely. */
final class KvmBench {
    private static final int EXITS = 20_000;
    private static final int MEMORY_BYTES = 64 << 20;
    private static final double MICROS = 1e3;

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
                }
                return null;
            });
            Thread.ofPlatform().name("bench-vm").start(task);
            task.get();
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

    /** The C spike of the shared folder, compiled here; absent on machines that have only the project. */
    private record Spike(Path directory, String whyNot) {
        private static final Pattern RUN_MICROS = Pattern.compile("run ([0-9]+) us");

        static Spike build(BenchPlace place) throws IOException {
            String chosen = System.getenv("MAYFLY_SPIKE");
            Path sources = chosen != null ? Path.of(chosen) : place.home().resolveSibling("shared/prototypes/kvm");
            if (!Files.isReadable(sources.resolve("run.c"))) {
                return new Spike(sources, "no C spike in " + sources + " (MAYFLY_SPIKE names its folder)");
            }
            Path built = Files.createDirectories(place.scratch().resolve("spike"));
            for (String program : List.of("run", "forkt")) {
                BenchPlace.run(List.of(
                        "gcc",
                        "-O2",
                        "-w",
                        "-o",
                        built.resolve(program).toString(),
                        sources.resolve(program + ".c").toString()));
            }
            for (String file : List.of("vdso.so", "srv.py")) {
                Files.write(built.resolve(file), Files.readAllBytes(sources.resolve(file)));
            }
            return new Spike(built, "");
        }

        boolean isThere() {
            return whyNot.isEmpty();
        }

        double exitMicros(Path program, int exits) throws IOException {
            Matcher found = RUN_MICROS.matcher(
                    BenchPlace.run(List.of(directory.resolve("run").toString(), program.toString())));
            if (!found.find()) {
                throw new IOException("the spike did not say how long it ran");
            }
            return Double.parseDouble(found.group(1)) / exits;
        }
    }
}
