package mayfly.api;

import java.util.Map;

/** The names of actors, with what is known of each. */
public record ActorNamePage(Map<String, JsonValue> names, Pagination pagination) {}
