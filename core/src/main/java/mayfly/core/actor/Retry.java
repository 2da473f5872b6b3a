package mayfly.core.actor;

/**
 * Failures in a row, which decide how long the next start waits: the first not at all, then 2 s, 4 s, 8 s ...
 *
 * @param failures 0 after a clean stop
 * @param lastMillis when the last one was; meaningless when there was none
 */
public record Retry(int failures, long lastMillis) {
    static final long BASE_MILLIS = 2_000;
    static final int EXPONENT_MAX = 8;
    /** After so long without a failure the count begins anew. */
    static final long FORGET_MILLIS = 600_000;

    /** No failure. */
    public static final Retry NONE = new Retry(0, 0);

    Retry failed(long nowMillis) {
        boolean quiet = failures > 0 && nowMillis - lastMillis >= FORGET_MILLIS;
        return new Retry(quiet ? 1 : Math.min(failures + 1, EXPONENT_MAX + 2), nowMillis);
    }

    /** The earliest time of the next start. */
    long notBeforeMillis() {
        if (failures <= 1) {
            return lastMillis;
        }
        return lastMillis + (BASE_MILLIS << Math.min(failures - 2, EXPONENT_MAX));
    }
}
