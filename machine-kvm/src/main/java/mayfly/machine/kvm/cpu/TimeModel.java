package mayfly.machine.kvm.cpu;

/**
 * What a time stamp counter says about the time: decides how ticks become nanoseconds, from pairs of both that were
 * measured now and then. Between two measurements the time it tells is a straight line, which is right within some
 * microseconds for {@link #horizon} nanoseconds and is not to be used for longer. It never goes back: where it was ahead
 * it goes slower until it is not.
 */
final class TimeModel {
    static final long HORIZON_LEAST = 100_000_000;
    static final long HORIZON_MOST = 8_000_000_000L;
    /** Two measurements this far apart give a better rate than what KVM says. */
    private static final long RATE_NANOS_LEAST = 400_000_000;
    /** And this far apart, one that is better than none. */
    private static final long FIRST_RATE_NANOS = 50_000_000;
    /** The rate is that of the last minute: the host's clock is corrected by its network. */
    private static final long RATE_NANOS_MOST = 60_000_000_000L;

    private boolean measured;
    private long referenceTicks;
    private long referenceNanos;
    /** Nanoseconds per tick times 2^32; 0: not known yet. */
    private long rate;

    private long base;
    private long nanos;
    private long scale;
    private long horizon;
    private long limit;

    /** @param ticksPerMilli a first rate; 0: unknown */
    TimeModel(long ticksPerMilli) {
        rate = ticksPerMilli <= 0 ? 0 : Long.divideUnsigned(1_000_000L << 32, ticksPerMilli);
    }

    /** The counter showed {@code ticks} when the clock showed {@code now} nanoseconds. */
    void measure(long ticks, long now) {
        long before = measured ? lastTold(ticks) : now;
        learn(ticks, now);
        measured = true;
        base = ticks;
        nanos = Math.max(now, before);
        long ahead = nanos - now;
        scale = rate - (long) (rate * (double) Math.min(ahead, horizon / 2) / Math.max(1, horizon));
        limit = rate == 0 ? 0 : (long) ((double) horizon * (1L << 32) / rate);
    }

    /** The latest time that anyone can have been told by now. */
    private long lastTold(long ticks) {
        long passed = ticks - base;
        return passed < 0 || passed > limit ? at(base + limit) : at(ticks);
    }

    private void learn(long ticks, long now) {
        long elapsed = now - referenceNanos;
        if (!measured || ticks <= referenceTicks || elapsed <= 0) {
            referenceTicks = ticks;
            referenceNanos = now;
            horizon = HORIZON_LEAST;
            return;
        }
        if (elapsed >= (rate == 0 ? FIRST_RATE_NANOS : RATE_NANOS_LEAST)) {
            rate = (long) ((double) elapsed / (ticks - referenceTicks) * (1L << 32));
        }
        horizon = Math.clamp(elapsed / 4, HORIZON_LEAST, HORIZON_MOST);
        if (elapsed > RATE_NANOS_MOST) {
            referenceTicks = ticks;
            referenceNanos = now;
        }
    }

    /** What the vDSO computes. */
    long at(long ticks) {
        long passed = ticks - base;
        return nanos + (Math.unsignedMultiplyHigh(passed, scale) << 32 | (passed * scale) >>> 32);
    }

    /** The counter when {@link #nanos} was right. */
    long base() {
        return base;
    }

    long nanos() {
        return nanos;
    }

    /** Nanoseconds per tick times 2^32. */
    long scale() {
        return scale;
    }

    /** Ticks after {@link #base} from which on a new measurement is needed; 0: at once. */
    long limit() {
        return limit;
    }

    /** Nanoseconds for which a measurement is good. */
    long horizon() {
        return horizon;
    }
}
