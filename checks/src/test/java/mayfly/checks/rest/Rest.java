package mayfly.checks.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import mayfly.api.Route;
import mayfly.api.RouteMatch;

/** A client of one node's REST interface; every answer of a route is held against openapi.json. */
public final class Rest {
    static {
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host"); // read when the first client is made
    }

    private static final Duration TIME_MAX = Duration.ofSeconds(Long.getLong("mayfly.http.seconds", 90));

    /** In the environment of everything that is started through this class: by it {@code Traces} finds what is left. */
    public static final String MARK = "STARTED_BY_CHECK";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;
    private final String token;
    private final BiConsumer<Route, Reply> observer;

    Rest(String url) {
        this(url, "", (_, _) -> {});
    }

    private Rest(String url, String token, BiConsumer<Route, Reply> observer) {
        this.url = url;
        this.token = token;
        this.observer = observer;
    }

    /** The same client, which sends a token. */
    public Rest withToken(String bearer) {
        return new Rest(url, bearer, observer);
    }

    /** The same client, which tells of each answer of a route. */
    Rest observedBy(BiConsumer<Route, Reply> observing) {
        return new Rest(url, token, observing);
    }

    public Reply get(String path) {
        return send("GET", path, new byte[0], Map.of());
    }

    public Reply delete(String path) {
        return send("DELETE", path, new byte[0], Map.of());
    }

    public Reply post(String path, Object json) {
        return send("POST", path, Reply.jsonBytes(json), Map.of("content-type", "application/json"));
    }

    public Reply put(String path, Object json) {
        return send("PUT", path, Reply.jsonBytes(json), Map.of("content-type", "application/json"));
    }

    /** Sends one request and checks that the answer is one that the route documents. */
    public Reply send(String method, String path, byte[] body, Map<String, String> headers) {
        return sendLater(method, path, body, headers).join();
    }

    public CompletableFuture<Reply> postLater(String path, Object json) {
        return sendLater("POST", path, Reply.jsonBytes(json), Map.of("content-type", "application/json"));
    }

    /** Completes exceptionally when there is no answer: the node was killed, for example. */
    public CompletableFuture<Reply> sendLater(String method, String path, byte[] body, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(TIME_MAX)
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        if (!token.isEmpty()) {
            request.header("authorization", "Bearer " + token);
        }
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray())
                .thenApply(answer -> {
                    Reply reply = new Reply(answer.statusCode(), answer.headers(), answer.body());
                    observe(method, path, reply);
                    return reply;
                });
    }

    private void observe(String method, String path, Reply reply) {
        String bare = path.contains("?") ? path.substring(0, path.indexOf('?')) : path;
        if (RouteMatch.of(method, bare) instanceof RouteMatch.Found(Route route, List<String> _)) {
            Contract.check(route, reply);
            observer.accept(route, reply);
        }
    }

    // ---- the calls that most tests need ----

    /** A Python function with one file; {@code settings} over the defaults of these tests. */
    public Reply deploy(String name, String code, Map<String, ?> settings) {
        return post("/api/v1/functions", function(name, code, settings));
    }

    /** The same, which must succeed. */
    public Reply deployed(String name, String code, Map<String, ?> settings) {
        Reply reply = deploy(name, code, settings);
        assertThat(reply.status()).as("deploying %s: %s", name, reply).isEqualTo(201);
        return reply;
    }

    public static Map<String, Object> function(String name, String code, Map<String, ?> settings) {
        Map<String, Object> request = new HashMap<>(Map.of("name", name, "runtime", "python3", "code", code));
        request.putAll(settings);
        request.put("env", marked(settings.get("env")));
        return request;
    }

    private static Map<Object, Object> marked(Object env) {
        Map<Object, Object> marked =
                new HashMap<>(Map.of(MARK, Long.toString(ProcessHandle.current().pid())));
        if (env instanceof Map<?, ?> given) {
            marked.putAll(given);
        }
        return marked;
    }

    public Reply invoke(String name, Object event) {
        return post("/api/v1/functions/" + name + "/invoke", event);
    }

    public CompletableFuture<Reply> invokeLater(String name, Object event) {
        return postLater("/api/v1/functions/" + name + "/invoke", event);
    }

    /** The id of an accepted asynchronous call. */
    public String async(String name, Object event) {
        Reply reply = post("/api/v1/functions/" + name + "/async", event);
        assertThat(reply.status()).as("async %s: %s", name, reply).isEqualTo(202);
        return reply.field("invocation_id");
    }

    /** The record of a call when it has ended. */
    public Reply ended(String invocation) {
        return get("/api/v1/invocations/" + invocation + "?wait_ms=60000");
    }

    public void remove(String function) {
        Reply reply = delete("/api/v1/functions/" + function);
        assertThat(reply.status()).as("deleting %s: %s", function, reply).isEqualTo(204);
    }

    public Reply task(Map<String, ?> settings, String... command) {
        Map<String, Object> request = new LinkedHashMap<>(Map.of("command", List.of(command)));
        request.putAll(settings);
        request.put("env", marked(settings.get("env")));
        return post("/api/v1/tasks", request);
    }

    /** The id of a task that was accepted. */
    public String started(Map<String, ?> settings, String... command) {
        Reply reply = task(settings, command);
        assertThat(reply.status()).as("task %s: %s", List.of(command), reply).isEqualTo(201);
        return reply.field("id");
    }

    /** A task when it has ended. */
    public Reply taskEnded(String id) {
        return get("/api/v1/tasks/" + id + "?wait_ms=60000");
    }

    public boolean healthy() {
        try {
            return get("/health").status() == 200;
        } catch (java.util.concurrent.CompletionException e) {
            return false;
        }
    }
}
