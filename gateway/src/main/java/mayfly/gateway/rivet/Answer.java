package mayfly.gateway.rivet;

import java.util.Collection;
import java.util.List;
import mayfly.api.JsonValue;
import org.jspecify.annotations.Nullable;

/** Parts that many answers have. */
final class Answer {
    private Answer() {}

    /** {@code {}}: it was done. */
    static JsonValue done() {
        return new Members().json();
    }

    /** @param cursor where the next page begins; null when there is none */
    static JsonValue page(String name, JsonValue items, @Nullable String cursor) {
        return new Members()
                .put(name, items)
                .put("pagination", pagination(cursor))
                .json();
    }

    static JsonValue page(String name, Collection<JsonValue> items, @Nullable String cursor) {
        return page(name, new JsonValue.JsonArray(List.copyOf(items)), cursor);
    }

    private static JsonValue pagination(@Nullable String cursor) {
        return new Members().put("cursor", cursor).json();
    }
}
