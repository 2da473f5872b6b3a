package mayfly.actors;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import mayfly.base.ActorId;
import mayfly.store.ActorRecord;
import mayfly.store.ActorStore;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * Wakes sleeping actors when their alarms are due. The store is the list of alarms; here is only the time of the next look
 * at it, so a million sleeping actors cost nothing, and alarms that came due while no node ran are found by the first look.
 */
final class Alarms {
    private static final int BATCH = 256;
    /** A look at least so often, whatever was missed. */
    private static final long LOOK_EVERY_MILLIS = 60_000;
    /** Between looks that found as many as fit, and after a failed one. */
    private static final long AGAIN_MILLIS = 50;

    private final ActorStore store;
    private final Timers timers;
    private final Executor executor;
    private final Consumer<ActorId> due;

    // order: innermost; guards the three below.
    private final Object lock = new Object();
    private long nextMillis = Long.MAX_VALUE;
    private @Nullable Future<?> scheduled;
    private boolean closed;

    Alarms(ActorStore store, Timers timers, Executor executor, Consumer<ActorId> due) {
        this.store = store;
        this.timers = timers;
        this.executor = executor;
        this.due = due;
    }

    void start() {
        lookAt(timers.nowMillis());
    }

    /** A sleeping actor's record was committed. */
    void changed(ActorRecord record) {
        Instant at = record.alarmAt();
        if (at != null) {
            lookAt(at.toEpochMilli());
        }
    }

    private void lookAt(long millis) {
        synchronized (lock) {
            if (closed || millis >= nextMillis) {
                return;
            }
            if (scheduled != null) {
                scheduled.cancel(false);
            }
            nextMillis = millis;
            scheduled = timers.at(millis, () -> executor.execute(this::look));
        }
    }

    private void look() {
        synchronized (lock) {
            nextMillis = Long.MAX_VALUE;
            scheduled = null;
        }
        long next = timers.nowMillis() + LOOK_EVERY_MILLIS;
        try {
            List<ActorRecord> found = store.dueAlarms(Instant.ofEpochMilli(timers.nowMillis()), BATCH);
            found.forEach(record -> due.accept(record.id()));
            if (!found.isEmpty()) {
                // those that were told are awake, or about to be: their alarms leave the list when that is durable
                next = timers.nowMillis() + AGAIN_MILLIS;
            } else {
                next = Math.min(
                        next, store.nextAlarm().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE));
            }
        } catch (StoreException e) {
            next = timers.nowMillis() + 20 * AGAIN_MILLIS;
            System.getLogger("mayfly.actors").log(System.Logger.Level.WARNING, "alarms cannot be read", e);
        }
        lookAt(next);
    }

    void close() {
        synchronized (lock) {
            closed = true;
            if (scheduled != null) {
                scheduled.cancel(false);
            }
        }
    }
}
