package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of an engine: what a browser or a program does that wants something of an actor. */
final class EngineClient implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    private final String endpoint;
    private final HttpClient client = HttpClient.newHttpClient();

    EngineClient(String endpoint) {
        this.endpoint = endpoint;
    }

    /** Has the engine know a pool before its first runner: one that it is to find out about may take it half a minute. */
    void declare(String pool) throws Exception {
        HttpResponse<String> answer = send(request("/runner-configs/" + pool + "?namespace=default")
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"datacenters\": {\"default\": {\"normal\": {}}}}")));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** The new actor's id. */
    String create(String pool, String key, byte[] input) throws Exception {
        String body = JSON.createObjectNode()
                .put("name", "test")
                .put("key", key)
                .put("runner_name_selector", pool)
                .put("crash_policy", "sleep")
                .put("input", Base64.getEncoder().encodeToString(input))
                .toString();
        HttpResponse<String> answer = send(request("/actors?namespace=default")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body()).at("/actor/actor_id").asString();
    }

    /** As the engine shows it. */
    JsonNode actor(String id) throws Exception {
        return JSON.readTree(send(request("/actors?namespace=default&include_destroyed=true&actor_ids=" + id))
                        .body())
                .at("/actors/0");
    }

    boolean isAsleep(String id) throws Exception {
        JsonNode actor = actor(id);
        return !actor.path("sleep_ts").isNull() && actor.path("connectable_ts").isNull();
    }

    HttpResponse<String> get(String actor, String path) throws Exception {
        return send(request("/gateway/" + actor + path));
    }

    HttpResponse<String> post(String actor, String path, byte[] body) throws Exception {
        return send(request("/gateway/" + actor + path).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /** Its body as it comes. */
    HttpResponse<InputStream> stream(String actor, String path) throws Exception {
        return client.send(request("/gateway/" + actor + path).build(), HttpResponse.BodyHandlers.ofInputStream());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(endpoint + path)).timeout(Duration.ofSeconds(60));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    Talk open(String actor, String path) throws Exception {
        Talk talk = new Talk();
        talk.socket = client.newWebSocketBuilder()
                .subprotocols("rivet")
                .buildAsync(URI.create(endpoint.replace("http", "ws") + "/gateway/" + actor + path), talk)
                .get(60, TimeUnit.SECONDS);
        return talk;
    }

    /** One WebSocket. */
    static final class Talk implements WebSocket.Listener {
        private static final int PATIENCE_SECONDS = 30;

        final CompletableFuture<String> closed = new CompletableFuture<>();
        private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
        private final BlockingQueue<ByteBuffer> bytes = new LinkedBlockingQueue<>();
        private final StringBuilder part = new StringBuilder();
        private final ByteArrayOutputStream bytePart = new ByteArrayOutputStream();
        private WebSocket socket;

        void say(String text) {
            socket.sendText(text, true).join();
        }

        void say(byte[] data) {
            socket.sendBinary(ByteBuffer.wrap(data), true).join();
        }

        String hear() throws InterruptedException {
            return texts.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        ByteBuffer hearBytes() throws InterruptedException {
            return bytes.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        void close() {
            socket.sendClose(1000, "bye").join();
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                texts.add(part.toString());
                part.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
            byte[] copy = new byte[data.remaining()];
            data.get(copy);
            bytePart.writeBytes(copy);
            if (last) {
                bytes.add(ByteBuffer.wrap(bytePart.toByteArray()));
                bytePart.reset();
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            closed.complete(code + " " + reason);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            closed.complete("broken: " + error);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
