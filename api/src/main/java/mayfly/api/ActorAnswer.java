package mayfly.api;

import java.util.Optional;

/**
 * An actor, as Rivet's interface answers. All times are milliseconds since 1970.
 *
 * @param connectableTs since when it runs; absent while it does not
 * @param error why it does not run although it should
 */
public record ActorAnswer(
        String actorId,
        String name,
        Optional<String> key,
        String runnerNameSelector,
        String crashPolicy,
        long createTs,
        Optional<Long> startTs,
        Optional<Long> pendingAllocationTs,
        Optional<Long> connectableTs,
        Optional<Long> sleepTs,
        Optional<Long> rescheduleTs,
        Optional<Long> destroyTs,
        Optional<JsonValue> error) {}
