package mayfly.actors;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import org.jspecify.annotations.Nullable;

/** Looks at what an endpoint says of itself, now and then: the names of its actors, and whether it was upgraded. */
final class EndpointWatch {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(10);
    private static final int BODY_BYTES_MAX = 1 << 20;

    private final PoolName pool;
    private final PoolConfig.Serverless config;
    private final ActorEngine engine;
    private final HttpClient client;

    // order: innermost; guards the two below.
    private final Object lock = new Object();
    private @Nullable Future<?> next;
    private boolean closed;
    private volatile long lastVersion = -1;

    EndpointWatch(PoolName pool, PoolConfig.Serverless config, ActorEngine engine, HttpClient client) {
        this.pool = pool;
        this.config = config;
        this.engine = engine;
        this.client = client;
    }

    void start() {
        engine.executor().execute(this::look);
    }

    void look() {
        try {
            EndpointMetadata seen = ask(client, config);
            engine.runners().putNames(pool.namespace(), seen.actorNames());
            boolean upgraded = lastVersion >= 0 && seen.runnerVersion() > lastVersion;
            lastVersion = Math.max(lastVersion, seen.runnerVersion());
            if (upgraded) {
                engine.pools().renew(pool);
            }
        } catch (EndpointException e) {
            System.getLogger("mayfly.actors").log(System.Logger.Level.DEBUG, "the endpoint of pool " + pool.name(), e);
        }
        again();
    }

    private void again() {
        long every = Math.max(
                PoolChecks.POLL_MILLIS_MIN, config.metadataPollInterval().orElse(2 * PoolChecks.POLL_MILLIS_MIN));
        synchronized (lock) {
            if (!closed) {
                if (next != null) {
                    next.cancel(false);
                }
                next = engine.timers().in(every, () -> engine.executor().execute(this::look));
            }
        }
    }

    void close() {
        synchronized (lock) {
            closed = true;
            if (next != null) {
                next.cancel(false);
            }
        }
    }

    /** A request to the endpoint with its configured headers. */
    static HttpRequest.Builder request(PoolConfig.Serverless config, String path) {
        String base = config.url().endsWith("/")
                ? config.url().substring(0, config.url().length() - 1)
                : config.url();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
        config.headers().orElse(Map.of()).forEach(request::setHeader);
        request.setHeader("user-agent", "RivetEngine/mayfly");
        return request;
    }

    /** Asks an endpoint once. Blocks. */
    static EndpointMetadata ask(HttpClient client, PoolConfig.Serverless config) throws EndpointException {
        HttpResponse<InputStream> response;
        byte[] body;
        try {
            HttpRequest request =
                    request(config, "/metadata").timeout(ANSWER_MAX).GET().build();
            response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream stream = response.body()) {
                body = stream.readNBytes(BODY_BYTES_MAX);
            }
        } catch (IOException e) {
            throw new EndpointException("request_failed", String.valueOf(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EndpointException("request_failed", "interrupted", e);
        }
        if (response.statusCode() != 200) {
            throw new EndpointException("non_success_status", "status " + response.statusCode(), null);
        }
        return parse(body);
    }

    private static EndpointMetadata parse(byte[] body) throws EndpointException {
        try {
            if (!(Json.parse(body) instanceof JsonValue.JsonObject it)
                    || !(it.get("runtime") instanceof JsonValue.JsonText(var runtime))
                    || !(it.get("version") instanceof JsonValue.JsonText(var version))) {
                throw new EndpointException("invalid_response_json", "runtime and version are missing", null);
            }
            return new EndpointMetadata(runtime, version, runnerVersion(it), names(it));
        } catch (InvalidException e) {
            throw new EndpointException("invalid_response_json", String.valueOf(e.getMessage()), e);
        }
    }

    private static long runnerVersion(JsonValue.JsonObject metadata) {
        return metadata.get("runner") instanceof JsonValue.JsonObject runner
                        && runner.get("version") instanceof JsonValue.JsonNumber number
                ? (long) number.asDouble()
                : -1;
    }

    private static Map<String, String> names(JsonValue.JsonObject metadata) {
        Map<String, String> names = new TreeMap<>();
        if (metadata.get("actorNames") instanceof JsonValue.JsonObject all) {
            all.members().forEach((name, value) -> {
                JsonValue own = value instanceof JsonValue.JsonObject it ? it.get("metadata") : JsonValue.NULL;
                names.put(name, own instanceof JsonValue.JsonObject ? Json.text(own) : "{}");
            });
        }
        return names;
    }
}
