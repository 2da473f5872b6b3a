package mayfly.core.runnerpool;

import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a pool remembers of connections that failed. After a failure the gate is closed: one connection is tried at a time,
 * after longer and longer pauses, until one is up. Failures of connections that were opened before the one that closed the
 * gate say nothing new.
 */
final class Trouble {
    /** A connection that ends sooner than this was of no use. */
    static final long STEADY_MILLIS = 10_000;

    private static final long PAUSE_MILLIS = 2_000;
    private static final int PAUSE_EXPONENT_MAX = 8;
    private static final int JITTER_MILLIS = 500;
    private static final long FORGET_MILLIS = 600_000;
    private static final int GOOD_MAX = 3;

    private final RandomGenerator random;
    private int failures;
    private long failedMillis;
    private boolean closed;
    private long retryAtMillis;
    private long newestThen;
    private int good;
    private @Nullable PoolError error;

    Trouble(RandomGenerator random) {
        this.random = random;
    }

    Optional<PoolError> error() {
        return Optional.ofNullable(error);
    }

    /** A connection never came up. True when the error is news. */
    boolean failed(long number, PoolError why, long newest, long nowMillis) {
        if (counts(number, newest, nowMillis)) {
            retryAtMillis = nowMillis + pauseMillis(failures - 1);
        }
        good = 0;
        return isNews(why);
    }

    /** A connection was up, and ended soon: the first time it is opened again at once. True when the error is news. */
    boolean endedEarly(long number, long newest, long nowMillis) {
        if (counts(number, newest, nowMillis)) {
            retryAtMillis = failures == 1 ? nowMillis : nowMillis + pauseMillis(failures - 2);
        }
        good = 0;
        return failures > 1 && isNews(new PoolError.StreamEndedEarly());
    }

    private boolean counts(long number, long newest, long nowMillis) {
        if (number <= newestThen) {
            closed = true;
            return false;
        }
        failures = nowMillis - failedMillis > FORGET_MILLIS ? 1 : failures + 1;
        failedMillis = nowMillis;
        newestThen = newest;
        closed = true;
        return true;
    }

    private long pauseMillis(int exponent) {
        return (PAUSE_MILLIS << Math.min(exponent, PAUSE_EXPONENT_MAX)) + random.nextInt(JITTER_MILLIS);
    }

    private boolean isNews(PoolError why) {
        boolean news = !why.equals(error);
        error = why;
        return news;
    }

    /**
     * A connection is up. True when that ends the trouble: after a few good ones, or when everything desired is up, unless
     * being up is just what does not last.
     */
    boolean up(boolean everything) {
        closed = false;
        good++;
        boolean over = good >= GOOD_MAX || (everything && !(error instanceof PoolError.StreamEndedEarly));
        boolean news = over && error != null;
        error = over ? null : error;
        return news;
    }

    boolean isClosed() {
        return closed;
    }

    boolean mayOpen(long nowMillis) {
        return !closed || nowMillis >= retryAtMillis;
    }

    /** The one connection that is tried behind the closed gate was opened; the next one must wait again. */
    void tried(long nowMillis) {
        if (closed) {
            retryAtMillis = nowMillis + pauseMillis(failures - 1);
        }
    }

    long retryAtMillis() {
        return retryAtMillis;
    }

    /** The endpoint is another one: what was learnt of the old one says nothing. True when an error is taken back. */
    boolean startAfresh() {
        boolean had = error != null;
        failures = 0;
        closed = false;
        good = 0;
        error = null;
        return had;
    }
}
