package mayfly.checks.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import mayfly.machine.kvm.Snapshot;
import mayfly.machine.kvm.VirtualMachine;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/** Virtual machines at the level of the library, beside the C spike that does the same insecurely. */
final class KvmBench {
    private static final int EXITS = 20_000;
    private static final int MEMORY_BYTES = 64 << 20;
    private static final double MICROS = 1e3;
    private static final long PYTHON_BYTES = 256L << 20;
    private static final int FILES_MAX = 4096;
    /** The descriptors that the spike's server talks on. */
    private static final int REQUESTS = 1000;

    private static final int ANSWERS = 1001;

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
                    for (String request : List.of("ping", "io")) {
                        bench.requests(kvm, signal, request);
                    }
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

    /** The spike's Python server, each request in the state in which it was frozen: run and reset. */
    private void requests(Kvm kvm, ThreadSignal signal, String request)
            throws IOException, ErrnoException, BadProgramException {
        if (!spike.isThere()) {
            report.skipped("Python request " + request + ", run and reset", spike.whyNot());
            return;
        }
        int count = place.count(1000);
        double c = spike.requestMicros(request, 200);
        try (HostView view = HostView.standard()) {
            view.addDirectory(spike.directory(), "/app");
            Descriptors descriptors = new Descriptors();
            descriptors.set(REQUESTS, new Channel((_, _) -> {}, OpenFile.READ_ONLY), false);
            descriptors.set(ANSWERS, new Channel((_, _) -> {}, OpenFile.WRITE_ONLY), false);
            long begin = System.nanoTime();
            VirtualMachine template = VirtualMachine.boot(
                    kvm,
                    PYTHON_BYTES,
                    view.tree(MEMORY_BYTES, FILES_MAX),
                    "/usr/bin/python3",
                    List.of("/usr/bin/python3", "/app/srv.py"),
                    List.of("PATH=/usr/bin:/bin", "HOME=/root", "LANG=C.UTF-8"),
                    descriptors);
            Stop waits = template.run(signal, Wait.FOREVER);
            double boot = (System.nanoTime() - begin) / 1e6;
            if (!(waits instanceof Stop.Idle)) {
                throw new IOException("the Python server ended with " + waits);
            }
            try (Snapshot snapshot = template.freeze();
                    VirtualMachine fork = snapshot.fork(kvm)) {
                double[] micros = new double[count];
                for (int i = -500; i < count; i++) { // the JVM compiles its hot paths first
                    double taken = ask(fork, signal, request + "#" + i);
                    if (i >= 0) {
                        micros[i] = taken;
                    }
                }
                int different = fork.differences();
                Arrays.sort(micros);
                double p50 = micros[count / 2];
                report.note("Python boot to waiting point", boot, "ms", "once, the JVM cold");
                report.note(
                        "Python request " + request + ", run and reset, p50",
                        p50,
                        "us",
                        Math.round(micros[count * 99 / 100]) + " us p99, " + different + " pages differ after them");
                report.note("  the C spike", c, "us", "same run");
                report.atMost("  Java over C", p50 / c, request.equals("ping") ? 1.25 : 1.15, "x", "");
            }
        }
    }

    private static double ask(VirtualMachine machine, ThreadSignal signal, String request)
            throws IOException, ErrnoException {
        Descriptors descriptors = machine.program().descriptors();
        if (!(descriptors.get(REQUESTS) instanceof Channel in) || !(descriptors.get(ANSWERS) instanceof Channel out)) {
            throw new IOException("the server lost its channels");
        }
        StringBuilder answer = new StringBuilder();
        out.setReceiver((bytes, count) -> answer.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1)));
        in.give(request.getBytes(StandardCharsets.ISO_8859_1));
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

    /** The C spike of the shared folder, compiled here; absent on machines that have only the project. */
    private record Spike(Path directory, String whyNot) {
        private static final Pattern REQUEST_MICROS = Pattern.compile("B MEDIAN mode 3: .* sum ([0-9]+) ");
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

        /** Run and reset by copying back, in the middle. */
        double requestMicros(String request, int count) throws IOException {
            Process process = new ProcessBuilder(
                            directory.resolve("forkt").toString(),
                            "-n" + count,
                            "-r" + request,
                            "/usr/bin/python3",
                            "srv.py")
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher found = REQUEST_MICROS.matcher(said);
            if (!found.find()) {
                throw new IOException("the spike did not say how long its requests took: " + said);
            }
            return Double.parseDouble(found.group(1));
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
