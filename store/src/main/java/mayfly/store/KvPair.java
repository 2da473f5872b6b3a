package mayfly.store;

/**
 * What an actor keeps under a key.
 *
 * @param key at most Limits.KV_KEY_BYTES_MAX; may be empty
 * @param value at most Limits.KV_VALUE_BYTES_MAX; may be empty
 */
public record KvPair(byte[] key, byte[] value) {}
