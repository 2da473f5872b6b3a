package mayfly.gateway.rivet;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import mayfly.api.JsonValue;
import org.jspecify.annotations.Nullable;

/** A JSON object in the making. Rivet's interface writes null where there is nothing, and times as milliseconds. */
final class Members {
    private final SequencedMap<String, JsonValue> members = new LinkedHashMap<>();

    static JsonValue of(String name, String value) {
        return new Members().put(name, value).json();
    }

    Members put(String name, JsonValue value) {
        members.put(name, value);
        return this;
    }

    Members put(String name, @Nullable String value) {
        return put(name, value == null ? JsonValue.NULL : JsonValue.of(value));
    }

    Members put(String name, Optional<String> value) {
        return put(name, value.orElse(null));
    }

    Members put(String name, long value) {
        return put(name, JsonValue.of(value));
    }

    Members put(String name, boolean value) {
        return put(name, JsonValue.of(value));
    }

    Members put(String name, OptionalLong value) {
        return put(name, value.isPresent() ? JsonValue.of(value.getAsLong()) : JsonValue.NULL);
    }

    Members put(String name, @Nullable Instant time) {
        return put(name, time == null ? JsonValue.NULL : JsonValue.of(time.toEpochMilli()));
    }

    JsonValue json() {
        return new JsonValue.JsonObject(members);
    }
}
