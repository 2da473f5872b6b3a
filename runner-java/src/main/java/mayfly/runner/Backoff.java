package mayfly.runner;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait before the next attempt to connect: twice as long each time, and never all runners at once. */
final class Backoff {
    private static final long FIRST_MILLIS = 250;
    private static final long LAST_MILLIS = 30_000;

    private Backoff() {}

    /**
     * The wait before an attempt.
     *
     * @param failures attempts that failed since the last success
     */
    static Duration before(int failures, RandomGenerator random) {
        long millis = Math.min(LAST_MILLIS, FIRST_MILLIS << Math.min(failures, 10));
        return Duration.ofMillis(millis + random.nextLong(millis / 4 + 1));
    }
}
