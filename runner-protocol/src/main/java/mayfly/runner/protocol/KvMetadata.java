package mayfly.runner.protocol;

/**
 * What is known of a stored value beside itself.
 *
 * @param updateTs milliseconds since 1970
 */
public record KvMetadata(byte[] version, long updateTs) {}
