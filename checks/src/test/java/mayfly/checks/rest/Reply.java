package mayfly.checks.rest;

import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a node answered. */
public record Reply(int status, HttpHeaders headers, byte[] body) {
    private static final JsonMapper JSON = new JsonMapper();

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    public JsonNode json() {
        return JSON.readTree(body);
    }

    /** A field of the JSON body as text; empty when it is missing. */
    public String field(String name) {
        return json().path(name).asString("");
    }

    /** Of a problem document. */
    public String code() {
        return field("code");
    }

    public String detail() {
        return field("detail");
    }

    public String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    static byte[] jsonBytes(Object value) {
        return JSON.writeValueAsBytes(value);
    }

    @Override
    public String toString() {
        return status + " " + (body.length > 2_000 ? text().substring(0, 2_000) + "..." : text());
    }
}
