package mayfly.store;

import java.time.Instant;
import mayfly.base.NamespaceId;

/**
 * A namespace: actors, pools and runners of one never meet those of another.
 *
 * @param name unique, never changes
 * @param displayName for people
 */
public record NamespaceRecord(NamespaceId id, String name, String displayName, Instant createdAt) {}
