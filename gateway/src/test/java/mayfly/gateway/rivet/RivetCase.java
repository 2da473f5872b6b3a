package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import mayfly.actors.ActorEngine;
import mayfly.actors.EngineTimes;
import mayfly.actors.ProgramHost;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.RefusedException;
import mayfly.http.Exchange;
import mayfly.http.HttpServer;
import mayfly.http.HttpServerSpec;
import mayfly.store.Store;
import mayfly.store.Stores;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Rivet's REST interface over HTTP, on an engine with a store. */
abstract class RivetCase {
    static final String POOL = "{\"datacenters\":{\"default\":{\"normal\":{}}}}";
    static final String ACTOR =
            "{\"name\":\"counter\",\"key\":\"a\",\"runner_name_selector\":\"p\",\"crash_policy\":\"sleep\"}";

    @TempDir
    Path data;

    Store store;
    ActorEngine engine;
    HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    boolean locked;

    /** An answer, its body read. */
    record Reply(int status, JsonValue body, HttpResponse<byte[]> raw) {
        String text(String... path) {
            JsonValue value = at(path);
            return value instanceof JsonValue.JsonText it ? it.value() : Json.text(value);
        }

        JsonValue at(String... path) {
            JsonValue value = body;
            for (String name : path) {
                value = value instanceof JsonValue.JsonArray array
                        ? array.items().get(Integer.parseInt(name))
                        : ((JsonValue.JsonObject) value).get(name);
            }
            return value;
        }
    }

    @BeforeEach
    void start() throws IOException {
        store = Stores.embedded(data);
        engine = ActorEngine.start(store.actors(), Clock.system(), Ids.system(), EngineTimes.DEFAULT, ProgramHost.NONE);
        RivetApi api = new RivetApi(engine, "1.2.3", new Large(), new Doorman() {
            @Override
            public void check(Exchange exchange) throws RefusedException {
                if (locked && !"Bearer dev".equals(exchange.header("authorization"))) {
                    throw new RefusedException(ErrorCode.REQUEST_UNAUTHORIZED, "no");
                }
            }

            @Override
            public void checkOpen(Exchange exchange) {}

            @Override
            public boolean admits(@Nullable String token) {
                return true;
            }
        });
        server = HttpServer.start(HttpServerSpec.at("127.0.0.1", 0), exchange -> {
            if (!api.handle(exchange)) {
                exchange.send(418, mayfly.http.Headers.NONE, new byte[0]);
            }
        });
    }

    @AfterEach
    void stop() {
        server.close();
        engine.close();
        store.close();
        client.close();
    }

    Reply send(String line, @Nullable String body, String... headers) throws Exception {
        String[] words = line.split(" ", 2);
        HttpRequest.Builder request = HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.address().getPort() + words[1]));
        request.method(
                words[0],
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("content-type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<byte[]> response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 418) {
            assertThat(response.headers().firstValue("x-rivet-ray-id").orElse(""))
                    .matches("[0-9a-z]{20,}");
        }
        JsonValue json = response.body().length == 0 ? JsonValue.NULL : Json.parse(response.body());
        return new Reply(response.statusCode(), json, response);
    }

    Reply done(String line, @Nullable String body) throws Exception {
        Reply reply = send(line, body);
        assertThat(reply.status()).as(line + " " + Json.text(reply.body())).isEqualTo(200);
        return reply;
    }

    void refused(String line, @Nullable String body, int status, String error) throws Exception {
        Reply reply = send(line, body);
        assertThat(reply.status()).as(line + " " + Json.text(reply.body())).isEqualTo(status);
        assertThat(reply.text("group") + "." + reply.text("code")).as(line).isEqualTo(error);
        assertThat(reply.text("message")).isNotEmpty();
        if (error.equals("api.bad_request")) {
            assertThat(reply.text("message")).isEqualTo("Request is invalid: " + reply.text("metadata", "reason"));
        }
    }

    String made(String body) throws Exception {
        return done("POST /actors?namespace=default", body).text("actor", "actor_id");
    }

    /** Room for all. */
    private static final class Large implements Room {
        @Override
        public Held reserve(Exchange exchange, int bodyMax, int copies) {
            return () -> {};
        }

        @Override
        public Held holdNow(long bytes) {
            return () -> {};
        }
    }
}
