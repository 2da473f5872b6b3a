package mayfly.checks.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;

/** A node in a process of its own, as {@code mayfly up} starts it, so that it can be killed like any process. */
public final class ChildNode implements AutoCloseable {
    private static final int READY_SECONDS_MAX = 90;

    private final Process process;
    private final Launch launch;
    private final String url;
    private final Rest rest;

    private ChildNode(Process process, Launch launch, String url) {
        this.process = process;
        this.launch = launch;
        this.url = url;
        this.rest = new Rest(url);
    }

    /** How a node is started; started again with the same data it finds what the last one left. */
    public static final class Launch {
        private final Path data;
        private Path log;
        private final List<String> before = new ArrayList<>();
        private String classPath = System.getProperty("java.class.path");
        private final Map<String, String> flags = new HashMap<>();
        private final Map<String, String> environment = new HashMap<>();

        private Launch(Path data) {
            this.data = data;
            this.log = data.resolveSibling(data.getFileName() + ".log");
            flags.put("listen", "127.0.0.1:0");
            flags.put("data", data.toString());
            setting("functions.isolation", "process"); // these tests are of processes; see KvmFunctionsTest
        }

        /** A flag of {@code mayfly up}. */
        public Launch flag(String name, String value) {
            flags.put(name, value);
            return this;
        }

        /** A setting as the configuration file has it, {@code pool.idle_seconds}, given by its environment variable. */
        public Launch setting(String key, Object value) {
            return env("MAYFLY_" + key.replace('.', '_').toUpperCase(Locale.ROOT), value.toString());
        }

        public Launch env(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** A command that ends by executing its arguments: {@code sh -c 'ulimit -n 64; exec "$@"' sh}. */
        public Launch within(String... command) {
            before.addAll(List.of(command));
            return this;
        }

        /**
         * From jars, as Mayfly is shipped: they stay open, while a class in a directory needs a descriptor to be loaded,
         * and is missing for good when there is none.
         */
        public Launch fromJars(Path directory) throws IOException {
            classPath = Jars.packed(classPath, directory);
            return this;
        }

        /** Where its standard error goes; beside the data directory unless it is said. */
        public Launch log(Path file) {
            log = file;
            return this;
        }

        public Path log() {
            return log;
        }

        /** Starts it and waits for its ready line; fails with its log when it ends before. */
        public ChildNode start() throws IOException {
            Process process = run();
            CompletableFuture<String> ready = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> awaitReady(process, ready));
            try {
                return new ChildNode(process, this, ready.get(READY_SECONDS_MAX, TimeUnit.SECONDS));
            } catch (ExecutionException | TimeoutException | InterruptedException e) {
                process.destroyForcibly();
                throw new IOException("the node did not start: " + Files.readString(log()), e);
            }
        }

        private static void awaitReady(Process process, CompletableFuture<String> ready) {
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    if (line.startsWith("ready ")) {
                        ready.complete(line.split(" ", -1)[1]);
                    }
                }
                ready.completeExceptionally(new IOException("it ended"));
            } catch (IOException e) {
                ready.completeExceptionally(e);
            }
        }

        /** Expects it to end by itself, and tells how. */
        public Refused refused() throws IOException, InterruptedException {
            Process process = run();
            Thread.ofVirtual().start(() -> awaitReady(process, new CompletableFuture<>()));
            if (!process.waitFor(READY_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the node started: " + Files.readString(log()));
            }
            return new Refused(process.exitValue(), Files.readString(log()));
        }

        private Process run() throws IOException {
            List<String> command = new ArrayList<>(before);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx384m", "-ea"));
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
            command.addAll(List.of("-cp", classPath, "mayfly.app.Main", "up"));
            flags.forEach((key, value) -> command.addAll(List.of("--" + key, value)));
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().keySet().removeIf(name -> name.startsWith("MAYFLY_"));
            builder.environment().putAll(environment);
            File log = log().toFile();
            return builder.redirectError(ProcessBuilder.Redirect.to(log)).start();
        }
    }

    /** A node that did not start. */
    public record Refused(int exitCode, String message) {}

    public static Launch at(Path data) {
        return new Launch(data);
    }

    /** Skips the calling test where this host can make no sandbox for Python functions, with the reason. */
    public ChildNode requireSandboxes() {
        JsonNode report = rest.get("/api/v1/doctor").json();
        JsonNode driver = report.path("drivers").path(0);
        boolean usable = driver.path("usable").asBoolean();
        if (!usable) {
            System.out.println("skipped: no sandboxes on this host: " + driver);
        }
        Assumptions.assumeTrue(usable, () -> "no sandboxes on this host: " + driver);
        for (JsonNode feature : driver.path("features")) {
            if (feature.path("name").asString().equals("python3")
                    && !feature.path("available").asBoolean()) {
                System.out.println("skipped: " + feature);
                Assumptions.abort("no python3 on this host: " + feature);
            }
        }
        return this;
    }

    public Rest rest() {
        return rest;
    }

    public String url() {
        return url;
    }

    public int port() {
        return Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
    }

    public Path data() {
        return launch.data;
    }

    public long pid() {
        return process.pid();
    }

    public Process process() {
        return process;
    }

    public String log() {
        try {
            return Files.readString(launch.log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As kill -9 of a user: nothing is cleaned up. Returns when the process is gone. */
    public void kill9() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Asks it to drain, by SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** The same node again, on the same data. */
    public ChildNode restarted() throws IOException {
        kill9();
        return launch.start();
    }

    /** Drains it, and fails when that takes unreasonably long. */
    @Override
    public void close() {
        process.destroy();
        boolean ended =
                process.onExit().completeOnTimeout(null, 60, TimeUnit.SECONDS).join() != null;
        if (!ended) {
            process.destroyForcibly();
        }
        assertThat(ended).as("the node ends within a minute of SIGTERM").isTrue();
    }
}
