package mayfly.checks.npm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.checks.rest.ChildNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A node, an unmodified runner of Rivet's in a process of Node.js, and clients. */
abstract class RunnerCase {
    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    @TempDir
    static Path data;

    static NpmPackages packages;
    static ChildNode node;

    final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    final String pool = "pool-" + NUMBERS.incrementAndGet();
    private final List<RunnerProcess> runners = new ArrayList<>();

    @BeforeAll
    static void startNode() throws IOException {
        packages = NpmPackages.orSkip("@rivetkit/engine-runner");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort(); // the same when it is started again
        }
        node = ChildNode.at(data.resolve("node"))
                .flag("listen", "127.0.0.1:" + port)
                .start();
    }

    @AfterAll
    static void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    /** Where the runner finds the node. */
    String endpoint() throws IOException {
        return node.url();
    }

    RunnerProcess runner(Map<String, String> environment) throws IOException {
        RunnerProcess started = RunnerProcess.start(packages, endpoint(), pool, environment);
        runners.add(started);
        await().atMost(Duration.ofSeconds(30)).until(started::isConnected);
        return started;
    }

    @AfterEach
    void stopRunners() {
        runners.forEach(RunnerProcess::close);
        http.shutdownNow(); // a hibernating socket would be waited for
    }

    /** A new actor of this test's pool, by its id. */
    String actor(String key, String crashPolicy) throws Exception {
        return send(
                        "POST",
                        "/actors?namespace=default",
                        "{\"name\":\"kind\",\"key\":\"%s-%s\",\"runner_name_selector\":\"%s\",\"crash_policy\":\"%s\"}"
                                .formatted(key, pool, pool, crashPolicy))
                .path("actor")
                .path("actor_id")
                .asString();
    }

    String actor(String key) throws Exception {
        return actor(key, "sleep");
    }

    /** The answer's body, which is a success: what it says in JSON, or its text. */
    JsonNode send(String method, String path, String body) throws Exception {
        HttpResponse<byte[]> answer = http.send(
                HttpRequest.newBuilder(URI.create(node.url() + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("content-type", "application/json")
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
        boolean json = answer.headers().firstValue("content-type").orElse("").startsWith("application/json");
        return json ? JSON.readTree(answer.body()) : JSON.getNodeFactory().stringNode(new String(answer.body(), UTF_8));
    }

    HttpRequest.Builder request(String actor, String path) {
        return HttpRequest.newBuilder(URI.create(node.url() + "/gateway/" + actor + path))
                .timeout(Duration.ofSeconds(60));
    }

    HttpResponse<byte[]> get(String actor, String path) throws Exception {
        return http.send(request(actor, path).build(), BodyHandlers.ofByteArray());
    }

    JsonNode seen(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    /** A client's socket, and what it heard. */
    final class Client implements WebSocket.Listener {
        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final StringBuilder text = new StringBuilder();
        final WebSocket socket;

        Client(String actor, String path) {
            socket = http.newWebSocketBuilder()
                    .subprotocols("rivet")
                    .buildAsync(URI.create(node.url().replace("http", "ws") + "/gateway/" + actor + path), this)
                    .join();
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                heard.add(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
            byte[] part = new byte[data.remaining()];
            data.get(part);
            bytes.writeBytes(part);
            if (last) {
                heard.add(bytes.size() + " bytes");
                bytes.reset();
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            heard.add("closed " + code + " " + reason);
            return null;
        }

        Client say(String words) {
            socket.sendText(words, true).join();
            return this;
        }

        String next() throws InterruptedException {
            return heard.poll(30, TimeUnit.SECONDS);
        }
    }
}
