package mayfly.api;

import java.util.List;
import java.util.SequencedMap;

/** Any JSON text, for the places where the caller decides what it holds. */
public sealed interface JsonValue {
    /** JSON null. */
    JsonValue NULL = new JsonNull();

    static JsonValue of(String text) {
        return new JsonText(text);
    }

    static JsonValue of(long number) {
        return new JsonNumber(Long.toString(number));
    }

    static JsonValue of(boolean truth) {
        return new JsonBoolean(truth);
    }

    /** @param members in the order in which they are written */
    record JsonObject(SequencedMap<String, JsonValue> members) implements JsonValue {
        /** The member, or JSON null when there is none. */
        public JsonValue get(String name) {
            return members.getOrDefault(name, NULL);
        }
    }

    record JsonArray(List<JsonValue> items) implements JsonValue {
        public JsonArray {
            items = List.copyOf(items);
        }
    }

    record JsonText(String value) implements JsonValue {}

    /** @param digits the number exactly as it was written, so that nothing is rounded on the way */
    record JsonNumber(String digits) implements JsonValue {
        public double asDouble() {
            return Double.parseDouble(digits);
        }
    }

    record JsonBoolean(boolean value) implements JsonValue {}

    record JsonNull() implements JsonValue {}
}
