package mayfly.machine.process;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One timer thread for every machine. */
final class Deadlines implements AutoCloseable {
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("machine-deadlines").factory());

    Deadlines() {
        timer.setRemoveOnCancelPolicy(true);
    }

    /**
     * Runs the action after so long, unless it is cancelled before.
     *
     * @param action runs on the timer thread, so it must not block
     */
    Deadline after(long millis, Runnable action) {
        return new Deadline(timer.schedule(action, millis, TimeUnit.MILLISECONDS));
    }

    /** The same for an action that may block: it gets a thread of its own. */
    Deadline blockingAfter(long millis, Runnable action) {
        return after(millis, () -> Thread.startVirtualThread(action));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    /** Something that will happen unless it is closed in time. */
    record Deadline(ScheduledFuture<?> scheduled) implements AutoCloseable {
        @Override
        public void close() {
            scheduled.cancel(false);
        }
    }
}
