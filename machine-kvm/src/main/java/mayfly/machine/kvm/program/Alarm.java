package mayfly.machine.kvm.program;

import mayfly.linux.ErrnoException;
import mayfly.linux.ThreadSignal;

/** The timer that ends a run of the processor when something else is due. */
final class Alarm {
    /** When it goes off, in {@link System#nanoTime} time. */
    private long at = Wait.FOREVER;

    /** It goes off at this time at the latest. */
    void set(ThreadSignal signal, long wanted) throws ErrnoException {
        if (wanted < at) {
            at = wanted;
            signal.timer(Math.max(1, wanted - System.nanoTime()), 0);
        }
    }

    /** It went off. */
    void fired() {
        at = Wait.FOREVER;
    }

    boolean isDue() {
        return at != Wait.FOREVER && System.nanoTime() - at >= 0;
    }

    void stop(ThreadSignal signal) throws ErrnoException {
        if (at != Wait.FOREVER) {
            at = Wait.FOREVER;
            signal.timer(0, 0);
        }
    }
}
