package mayfly.api;

/** What a request or an answer carries. */
public sealed interface Body {
    /** Nothing. */
    record None() implements Body {}

    /** JSON of a wire record. */
    record Document(Class<? extends Record> type) implements Body {}

    /**
     * Bytes, or any JSON, that belong to the user; the content type tells which.
     *
     * @param description what they are, in words
     */
    record Payload(String description) implements Body {}
}
