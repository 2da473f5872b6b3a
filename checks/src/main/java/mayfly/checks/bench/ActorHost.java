package mayfly.checks.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** An actor engine in a process of its own, on a data directory of its own, as it ships. */
sealed interface ActorHost extends AutoCloseable {
    String name();

    String url();

    long pid();

    /** Ours, started by the launcher. */
    record Ours(NodeProcess node) implements ActorHost {
        @Override
        public String name() {
            return "Mayfly";
        }

        @Override
        public String url() {
            return node.url();
        }

        @Override
        public long pid() {
            return node.pid();
        }

        @Override
        public void close() {
            node.close();
        }
    }

    /** The engine of npm's @rivetkit/engine-cli; without its shedding of load, which a busy machine would trigger. */
    record Reference(Process process, String url) implements ActorHost {
        @Override
        public String name() {
            return "reference";
        }

        @Override
        public long pid() {
            return process.pid();
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    /** @param run its data is its own */
    static Ours ours(BenchPlace place, String run) throws IOException {
        return new Ours(NodeProcess.start(place.home(), place.scratch().resolve("actors-" + run)));
    }

    /** Empty when the packages of npm lack it. */
    static Optional<Reference> reference(BenchPlace place, Path npm, String run)
            throws IOException, InterruptedException {
        Path program = npm.resolve("node_modules/@rivetkit/engine-cli-linux-x64-musl/rivet-engine");
        if (!Files.exists(program)) {
            return Optional.empty();
        }
        Path directory = Files.createDirectories(place.scratch().resolve("reference-" + run));
        int guard = freePort();
        int peer = freePort();
        String url = "http://127.0.0.1:" + guard;
        Path config = Files.writeString(directory.resolve("config.json"), """
                {"guard":{"host":"127.0.0.1","port":%d},"api_peer":{"host":"127.0.0.1","port":%d},
                "metrics":{"host":"127.0.0.1","port":%d},"file_system":{"path":"%s"},"telemetry":{"enabled":false},
                "runtime":{"worker_cpu_max":32000},
                "topology":{"datacenter_label":1,"datacenters":{"default":{"datacenter_label":1,"is_leader":true,
                "peer_url":"http://127.0.0.1:%d","public_url":"%s"}}}}
                """.formatted(
                        guard, peer, freePort(), directory.resolve("data"), peer, url));
        Process process = new ProcessBuilder(program.toString(), "start", "--config", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        awaitHealth(url, process, directory);
        return Optional.of(new Reference(process, url));
    }

    private static void awaitHealth(String url, Process process, Path directory)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/health")).build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (int i = 0; i < 300 && process.isAlive(); i++) {
                try {
                    if (client.send(request, HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 200) {
                        return;
                    }
                } catch (IOException e) {
                    Thread.sleep(100); // not there yet
                }
            }
        }
        throw new IOException("the reference engine did not start: " + Files.readString(directory.resolve("log")));
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return free.getLocalPort();
        }
    }

    @Override
    void close();
}
