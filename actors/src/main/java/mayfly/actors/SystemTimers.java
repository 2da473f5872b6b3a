package mayfly.actors;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import mayfly.base.Clock;
import org.jspecify.annotations.Nullable;

/** The timers of a node: one thread. */
final class SystemTimers implements Timers {
    private final Clock clock;
    private final ScheduledThreadPoolExecutor executor;

    SystemTimers(Clock clock) {
        this.clock = clock;
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("actor-timers").daemon().factory());
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public long nowMillis() {
        return clock.now().toEpochMilli();
    }

    @Override
    public @Nullable Future<?> in(long millis, Runnable task) {
        return executor.isShutdown() ? null : executor.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
