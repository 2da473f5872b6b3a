package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mayfly.checks.npm.NpmPackages;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples of actors, as their descriptions say that they are started. */
@Timeout(120)
class ExamplesTest {
    @TempDir
    static Path directory;

    private static MayflyEngine engine;
    private final List<Process> started = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        engine = MayflyEngine.start(directory);
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    @AfterEach
    void stopPrograms() {
        started.forEach(Process::destroyForcibly);
    }

    private static Path example(String name) {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve("examples"))) {
            root = root.getParent();
        }
        return root.resolve("examples").resolve(name);
    }

    private Process start(ProcessBuilder program) throws IOException {
        program.environment().put("RIVET_ENDPOINT", engine.endpoint());
        Process process = program.redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    @Test
    void theCounterInJavaCounts() throws Exception {
        Process program = start(new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                example("counter-java/Counter.java").toString()));
        BufferedReader out = program.inputReader();
        assertThat(out.readLine()).isEqualTo("hosting counters for " + engine.endpoint());
        assertThat(post("java-counters", "increment")).isEqualTo("1\n");
        assertThat(post("java-counters", "sleep")).isEqualTo("good night\n");
        assertThat(post("java-counters", "increment")).isEqualTo("2\n");
        program.toHandle().destroy(); // the process's own would close what we read
        assertThat(out.readLine()).isEqualTo("ended: closed");
    }

    private static String post(String pool, String path) throws Exception {
        String query = "?rvt-namespace=default&rvt-method=getOrCreate&rvt-crash-policy=sleep&rvt-pool=" + pool
                + "&rvt-key=of-" + pool;
        return send(HttpRequest.newBuilder(URI.create(engine.endpoint() + "/gateway/java-counter/" + path + query))
                .POST(HttpRequest.BodyPublishers.noBody()));
    }

    private static String send(HttpRequest.Builder request) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /** The same program, started by the node when somebody wants a counter, and ended when none is awake. */
    @Test
    void aNodeStartsTheCounterInJavaItself() throws Exception {
        Path program = Files.copy(example("counter-java/Counter.java"), directory.resolve("Counter.java"));
        // In a file: of long command lines a process does not see the end.
        Path libraries =
                Files.writeString(directory.resolve("libraries"), "-cp " + System.getProperty("java.class.path"));
        String command = Stream.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "@" + libraries,
                        program.toString())
                .map(word -> '"' + word + '"')
                .collect(Collectors.joining(", "));
        String pool = "{\"datacenters\": {\"default\": {\"hosted\": {\"command\": [" + command
                + "], \"slots_per_runner\": 10, \"idle_seconds\": 1}}}}";
        send(HttpRequest.newBuilder(URI.create(engine.endpoint() + "/runner-configs/hosted-counters?namespace=default"))
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(pool)));
        assertThat(post("hosted-counters", "increment")).isEqualTo("1\n");
        assertThat(post("hosted-counters", "sleep")).isEqualTo("good night\n");
        assertThat(post("hosted-counters", "increment")).isEqualTo("2\n");
        assertThat(isRunning(program)).isTrue();
        assertThat(post("hosted-counters", "sleep")).isEqualTo("good night\n");
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> !isRunning(program));
    }

    /** It is no child of ours, nor of the node's. */
    private static boolean isRunning(Path program) {
        return ProcessHandle.allProcesses()
                .anyMatch(process -> process.info().commandLine().orElse("").contains(program.toString()));
    }

    @Test
    void theCounterInRivetKitCounts() throws Exception {
        NpmPackages packages = NpmPackages.orSkip("rivetkit", "ws");
        start(new ProcessBuilder(packages.node().toString(), copied("server.js", packages)));
        ProcessBuilder client = new ProcessBuilder(packages.node().toString(), copied("client.js", packages));
        assertThat(start(client).inputReader().lines()).contains("counted to 1", "heard 1", "counted to 3");
        assertThat(start(client).inputReader().lines()).contains("counted to 4", "heard 4", "counted to 6");
    }

    /** Beside the packages that it imports. */
    private static String copied(String file, NpmPackages packages) throws IOException {
        Path place = Files.createDirectories(directory.resolve("counter-rivetkit"));
        Path modules = place.resolve("node_modules");
        if (!Files.exists(modules)) {
            Files.createSymbolicLink(modules, packages.modules());
        }
        for (String source : List.of("package.json", file)) {
            Files.copy(
                    example("counter-rivetkit").resolve(source),
                    place.resolve(source),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        return place.resolve(file).toString();
    }
}
