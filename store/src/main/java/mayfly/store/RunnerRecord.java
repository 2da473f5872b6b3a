package mayfly.store;

import java.time.Instant;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import org.jspecify.annotations.Nullable;

/**
 * A program that hosts actors, as far as it must be known after a restart.
 *
 * @param key by which the program is known again when it connects again
 * @param version of the program; a pool prefers the highest
 * @param totalSlots how many actors it takes at once
 * @param metadata as JSON; the store does not look into it
 * @param connectedAt when it connected last
 * @param drainedAt since when it gets no new actors
 * @param stoppedAt since when it is no more; from then on its key may be another runner's
 * @param revision counts the changes of this record
 */
public record RunnerRecord(
        RunnerId id,
        NamespaceId namespace,
        String pool,
        String key,
        int version,
        int totalSlots,
        @Nullable String metadata,
        Instant createdAt,
        Instant connectedAt,
        @Nullable Instant drainedAt,
        @Nullable Instant stoppedAt,
        long revision) {}
