package mayfly.checks.runner;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import mayfly.checks.npm.NpmPackages;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** The engine that Rivet publishes, on ports of its own. */
final class PublishedEngine implements Engine {
    private static final String PACKAGE = "@rivetkit/engine-cli-linux-x64-musl";

    private final Path directory;
    private final Path program;
    private final int port;
    private Process process;

    private PublishedEngine(Path directory, Path program, int port) throws IOException {
        this.directory = directory;
        this.program = program;
        this.port = port;
        this.process = start();
    }

    /** Skips the test where it is not installed. */
    static PublishedEngine startOrSkip(Path directory) throws Exception {
        Path program = NpmPackages.orSkip(PACKAGE).modules().resolve(PACKAGE).resolve("rivet-engine");
        Assumptions.assumeTrue(Files.isExecutable(program), () -> program + " is not executable");
        int port = freePort();
        int peer = freePort();
        Files.writeString(directory.resolve("engine.json"), """
                {"guard": {"host": "127.0.0.1", "port": %d},
                 "api_peer": {"host": "127.0.0.1", "port": %d},
                 "metrics": {"host": "127.0.0.1", "port": %d},
                 "topology": {"datacenter_label": 1, "datacenters": {"default": {"datacenter_label": 1, "is_leader": true,
                   "peer_url": "http://127.0.0.1:%d", "public_url": "http://127.0.0.1:%d"}}},
                 "file_system": {"path": "%s"},
                 "telemetry": {"enabled": false},
                 "runtime": {"worker_cpu_max": 32000}}
                """.formatted(
                        port, peer, freePort(), peer, port, directory.resolve("data")));
        PublishedEngine engine = new PublishedEngine(directory, program, port);
        engine.awaitReady();
        return engine;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process start() throws IOException {
        File log = directory.resolve("engine.log").toFile();
        return new ProcessBuilder(
                        program.toString(),
                        "start",
                        "--config",
                        directory.resolve("engine.json").toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .start();
    }

    /** Healthy is not ready: for a moment after that it fails on what its default namespace is needed for. */
    private void awaitReady() {
        HttpRequest health =
                HttpRequest.newBuilder(URI.create(endpoint() + "/health")).build();
        HttpRequest pool = HttpRequest.newBuilder(URI.create(endpoint() + "/runner-configs/ready?namespace=default"))
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"datacenters\": {\"default\": {\"normal\": {}}}}"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (HttpRequest request : List.of(health, pool)) {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .ignoreExceptionsInstanceOf(IOException.class)
                        .until(() -> client.send(request, HttpResponse.BodyHandlers.discarding())
                                        .statusCode()
                                == 200);
            }
        }
    }

    @Override
    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public void interrupt() throws Exception {
        process.destroyForcibly().waitFor();
        process = start();
        awaitReady();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
