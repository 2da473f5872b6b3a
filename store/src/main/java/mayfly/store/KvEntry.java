package mayfly.store;

import java.time.Instant;

/** What an actor keeps under a key, as it was found, and when it was put there. */
public record KvEntry(byte[] key, byte[] value, Instant updatedAt) {}
