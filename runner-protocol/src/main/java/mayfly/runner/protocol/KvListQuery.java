package mayfly.runner.protocol;

/** Which keys of an actor to list; keys are ordered as unsigned bytes. */
public sealed interface KvListQuery {
    /** All of them. */
    record All() implements KvListQuery {}

    /**
     * From one key to another.
     *
     * @param exclusive whether {@code end} itself is left out
     */
    record Range(byte[] start, byte[] end, boolean exclusive) implements KvListQuery {}

    /** Those that begin so. */
    record Prefix(byte[] key) implements KvListQuery {}
}
