package mayfly.store;

import java.time.Instant;
import mayfly.base.TaskId;
import org.jspecify.annotations.Nullable;

/**
 * A supervised command, as far as it has come.
 *
 * @param spec command, env, cwd and limits as JSON; the store does not look into it
 * @param status "pending", "running", "succeeded", "failed", "killed", "stopped" or "lost"
 * @param pid 0 before it ran
 * @param exitCode null while it runs, and when a signal ended it
 * @param signal null unless a signal ended it
 * @param reason for people: why it failed, was killed or lost; empty when there is nothing to say
 * @param version counts the changes of this record, from 1
 */
public record TaskRecord(
        TaskId id,
        String name,
        String spec,
        String status,
        int pid,
        @Nullable Integer exitCode,
        @Nullable Integer signal,
        String reason,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        long version) {}
