package mayfly.actors;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import mayfly.base.Clock;
import org.jspecify.annotations.Nullable;

/** Tells shells that a time has come. One thread; what it runs must be short. */
final class Timers implements AutoCloseable {
    private final Clock clock;
    private final ScheduledThreadPoolExecutor executor;

    Timers(Clock clock) {
        this.clock = clock;
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("actor-timers").daemon().factory());
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Wall-clock milliseconds. */
    long nowMillis() {
        return clock.now().toEpochMilli();
    }

    /** At that time of the wall clock, or at once when it has passed; null after the close. */
    @Nullable
    Future<?> at(long millis, Runnable task) {
        return in(Math.max(0, millis - nowMillis()), task);
    }

    @Nullable
    Future<?> in(long millis, Runnable task) {
        if (executor.isShutdown()) {
            return null;
        }
        return executor.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
