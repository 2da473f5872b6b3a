package mayfly.store;

import java.time.Instant;
import mayfly.base.NamespaceId;

/**
 * How runners of one pool come to be.
 *
 * @param name unique in its namespace
 * @param definition as JSON; the store does not look into it
 * @param revision counts the changes of this record
 */
public record PoolConfigRecord(
        NamespaceId namespace, String name, String definition, long revision, Instant updatedAt) {}
