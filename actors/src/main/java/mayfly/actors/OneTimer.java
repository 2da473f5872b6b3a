package mayfly.actors;

import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** The one time that a shell waits for: a later wish takes the place of an earlier one. Used by the shell's own thread. */
final class OneTimer {
    private static final long NONE = Long.MAX_VALUE;

    private final Timers timers;
    private final Runnable task;
    private @Nullable Future<?> scheduled;
    private long at = NONE;

    OneTimer(Timers timers, Runnable task) {
        this.timers = timers;
        this.task = task;
    }

    void at(long millis) {
        if (millis == at) {
            return;
        }
        cancel();
        if (millis != NONE) {
            at = millis;
            scheduled = timers.at(millis, task);
        }
    }

    /** The time has come and was told. */
    void fired() {
        at = NONE;
        scheduled = null;
    }

    void cancel() {
        if (scheduled != null) {
            scheduled.cancel(false);
        }
        fired();
    }
}
