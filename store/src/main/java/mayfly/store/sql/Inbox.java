package mayfly.store.sql;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import mayfly.base.Limits;

/** The writer's queue: in order, bounded in number and in bytes. */
final class Inbox {
    /** What became of a write that was handed in. */
    enum Admission {
        TAKEN,
        BUSY,
        CLOSED
    }

    // guards everything below; nothing else is locked or called under it
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Pending<?>> queue = new ArrayDeque<>();
    private long bytes;
    private boolean closed;

    Admission offer(Pending<?> pending) {
        long weight = pending.write().weight();
        lock.lock();
        try {
            if (closed) {
                return Admission.CLOSED;
            }
            boolean tooMany = queue.size() >= Limits.STORE_QUEUE_MAX;
            boolean tooLarge = !queue.isEmpty() && bytes + weight > Limits.STORE_QUEUE_BYTES_MAX;
            if (tooMany || tooLarge) {
                return Admission.BUSY;
            }
            queue.add(pending);
            bytes += weight;
            changed.signal();
            return Admission.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for the first write, then takes what is there, up to the limits of a batch (but at least one). Empty when
     * closed and nothing is left.
     */
    List<Pending<?>> take() {
        lock.lock();
        try {
            while (queue.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            List<Pending<?>> batch = new ArrayList<>(Math.min(queue.size(), Limits.STORE_BATCH_MAX));
            long batchBytes = 0;
            while (!queue.isEmpty() && batch.size() < Limits.STORE_BATCH_MAX) {
                long weight = queue.element().write().weight();
                if (!batch.isEmpty() && batchBytes + weight > Limits.STORE_BATCH_BYTES_MAX) {
                    break;
                }
                batch.add(queue.remove());
                batchBytes += weight;
                bytes -= weight;
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more; what is in it can still be taken out. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
