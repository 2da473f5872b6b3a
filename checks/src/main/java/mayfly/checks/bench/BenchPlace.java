package mayfly.checks.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a benchmark works.
 *
 * @param home the project's folder, with the launcher
 * @param scratch a folder of its own on a disk, removed at the end
 * @param quick whether to measure for a shorter time
 */
record BenchPlace(Path home, Path scratch, boolean quick) {
    /** Seconds to measure one thing. */
    int seconds() {
        return quick ? 2 : 6;
    }

    int count(int usual) {
        return quick ? Math.max(1, usual / 5) : usual;
    }

    /** Compiles a C program from this module's resources; null when there is no compiler. */
    Path compile(String name, String... flags) throws IOException {
        Path source = scratch.resolve(name + ".c");
        Path program = scratch.resolve(name);
        Files.write(source, resource(name + ".c"));
        List<String> command = new java.util.ArrayList<>(List.of("gcc", "-O2", "-static", "-o", program.toString()));
        command.add(source.toString());
        command.addAll(List.of(flags));
        run(command);
        return program;
    }

    /** Runs a program to its end and gives what it printed. */
    static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.onExit().join().exitValue();
        if (code != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + code + ": " + output);
        }
        return output;
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream in = BenchPlace.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no resource " + name);
            }
            return in.readAllBytes();
        }
    }

    void delete() throws IOException {
        try (Stream<Path> files = Files.walk(scratch)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            System.err.println("mayfly: " + scratch + " could not be removed: " + e.getMessage());
        }
    }
}
