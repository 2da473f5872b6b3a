package mayfly.core.actor;

import java.time.Duration;

/**
 * How long an actor waits for others.
 *
 * @param start for a runner to say that it runs
 * @param stop for a runner to say that it stopped
 * @param pending for a slot, when a caller woke it; the callers have given up long before
 */
public record ActorTimes(Duration start, Duration stop, Duration pending) {
    /** Rivet's own. */
    public static final ActorTimes DEFAULT =
            new ActorTimes(Duration.ofSeconds(30), Duration.ofMinutes(30), Duration.ofSeconds(60));

    public ActorTimes {
        if (!start.isPositive() || !stop.isPositive() || !pending.isPositive()) {
            throw new IllegalArgumentException("times are positive: " + start + ", " + stop + ", " + pending);
        }
    }
}
