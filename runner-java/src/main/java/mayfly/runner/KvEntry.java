package mayfly.runner;

/** A key and its value. */
public record KvEntry(byte[] key, byte[] value) {}
