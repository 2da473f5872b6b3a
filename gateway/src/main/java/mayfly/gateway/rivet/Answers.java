package mayfly.gateway.rivet;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.http.Exchange;
import mayfly.http.Headers;

/** What the gateway itself says to clients of actors. */
final class Answers {
    private static final byte[] EMPTY = new byte[0];

    private Answers() {}

    static void fail(Exchange exchange, GuardError error, String ray) throws IOException {
        Headers headers = Cors.headers(
                exchange, "content-type", "application/json", "x-rivet-error", error.name(), "x-rivet-ray-id", ray);
        exchange.send(error.status(), headers, json(error));
    }

    static byte[] json(GuardError error) {
        var members = new LinkedHashMap<String, JsonValue>();
        members.put("group", JsonValue.of(error.group()));
        members.put("code", JsonValue.of(error.code()));
        members.put("message", JsonValue.of(error.message()));
        if (!error.metadata().isEmpty()) {
            var metadata = new LinkedHashMap<String, JsonValue>();
            error.metadata().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(entry -> metadata.put(entry.getKey(), JsonValue.of(entry.getValue())));
            members.put("metadata", new JsonValue.JsonObject(metadata));
        }
        JsonValue document = new JsonValue.JsonObject(members);
        return Json.write(document);
    }

    /** What a browser asks before it sends a request to another origin. */
    static void preflight(Exchange exchange, String ray) throws IOException {
        String asked = exchange.header("access-control-request-headers");
        Headers headers = Cors.headers(
                exchange,
                "x-rivet-ray-id",
                ray,
                "access-control-allow-methods",
                "GET, POST, PUT, DELETE, OPTIONS, PATCH",
                "access-control-allow-headers",
                asked == null ? "*" : asked,
                "access-control-max-age",
                "86400");
        exchange.send(204, headers, EMPTY);
    }
}
