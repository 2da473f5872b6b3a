package mayfly.machine.process;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One timer thread for every machine; what is due runs on a virtual thread of its own, so that it may block. */
final class Deadlines implements AutoCloseable {
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("machine-deadlines").factory());

    Deadlines() {
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Runs the action after so long, unless it is cancelled before. */
    Deadline after(long millis, Runnable action) {
        return new Deadline(timer.schedule(() -> Thread.startVirtualThread(action), millis, TimeUnit.MILLISECONDS));
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
