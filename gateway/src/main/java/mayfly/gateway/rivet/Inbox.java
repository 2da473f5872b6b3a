package mayfly.gateway.rivet;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** News for one thread, from any thread, in order; putting never blocks. */
final class Inbox<E> {
    private final Queue<E> news = new ConcurrentLinkedQueue<>();
    private final Thread reader;

    /** @param reader the only one that takes */
    Inbox(Thread reader) {
        this.reader = reader;
    }

    void put(E item) {
        news.add(item);
        LockSupport.unpark(reader);
    }

    boolean isEmpty() {
        return news.isEmpty();
    }

    /** The next one; null when there is none now. */
    @Nullable
    E poll() {
        return news.poll();
    }

    /** Waits for the next one until the deadline of System.nanoTime; null when there is none by then. */
    @Nullable
    E take(long deadlineNanos) throws InterruptedException {
        while (true) {
            E next = news.poll();
            if (next != null) {
                return next;
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                return null;
            }
            LockSupport.parkNanos(this, Math.min(left, TimeUnit.HOURS.toNanos(1)));
        }
    }
}
