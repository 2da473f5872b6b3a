package mayfly.api;

import java.util.Optional;

/**
 * A runner, as Rivet's interface answers. All times are milliseconds since 1970.
 *
 * @param name of its pool
 */
public record RunnerAnswer(
        String runnerId,
        String name,
        String key,
        int version,
        int totalSlots,
        int remainingSlots,
        long createTs,
        Optional<Long> drainTs,
        Optional<Long> stopTs,
        Optional<Long> lastPingTs) {}
