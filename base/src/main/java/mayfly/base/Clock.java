package mayfly.base;

import java.time.Instant;

/** Where time comes from: the system in production, an advancing counter in simulations. */
public interface Clock {
    /** Wall-clock time; may jump when the host's clock is set. */
    Instant now();

    /** Monotonic nanoseconds from an arbitrary origin; only differences mean anything. */
    long nanos();

    /** The host's clocks. */
    static Clock system() {
        return SystemClock.INSTANCE;
    }
}
