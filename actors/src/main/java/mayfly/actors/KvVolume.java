package mayfly.actors;

import mayfly.base.Limits;

/**
 * How much an actor keeps, roughly: to count all of it looks at each key, so that is done only after much was written, and
 * the limit may be passed by what is written between two counts.
 */
final class KvVolume {
    private static final long COUNT_AFTER_BYTES = 64L * Limits.MIB;

    private long sinceCount;
    private boolean full;

    /** True when it is time to count. */
    synchronized boolean wrote(long bytes) {
        sinceCount += bytes;
        if (sinceCount < COUNT_AFTER_BYTES) {
            return false;
        }
        sinceCount = 0;
        return true;
    }

    synchronized void measured(long bytes) {
        full = bytes > Limits.KV_ACTOR_BYTES_MAX;
    }

    synchronized boolean isFull() {
        return full;
    }
}
