package mayfly.checks.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The C spike of the shared folder, compiled here; absent on machines that have only the project. */
record Spike(Path directory, String whyNot) {
    static final String SERVER = "srv.py";
    private static final Pattern REQUEST_MICROS = Pattern.compile("B MEDIAN mode 3: .* sum ([0-9]+) ");
    private static final Pattern BOOT_MILLIS = Pattern.compile("booted to pause in ([0-9.]+) ms");
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
        for (String file : List.of("vdso.so", SERVER)) {
            Files.write(built.resolve(file), Files.readAllBytes(sources.resolve(file)));
        }
        return new Spike(built, "");
    }

    boolean isThere() {
        return whyNot.isEmpty();
    }

    /** How long its server took to start, in milliseconds. */
    double bootMillis() throws IOException {
        return number(BOOT_MILLIS, fork("ping", 1));
    }

    /** Run and reset by copying back, in the middle. */
    double requestMicros(String request, int count) throws IOException {
        return number(REQUEST_MICROS, fork(request, count));
    }

    private String fork(String request, int count) throws IOException {
        Process process = new ProcessBuilder(
                        directory.resolve("forkt").toString(), "-n" + count, "-r" + request, "/usr/bin/python3", SERVER)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static double number(Pattern pattern, String said) throws IOException {
        Matcher found = pattern.matcher(said);
        if (!found.find()) {
            throw new IOException("the spike did not say how long it took: " + said);
        }
        return Double.parseDouble(found.group(1));
    }

    double exitMicros(Path program, int exits) throws IOException {
        String said = BenchPlace.run(List.of(directory.resolve("run").toString(), program.toString()));
        return number(RUN_MICROS, said) / exits;
    }
}
