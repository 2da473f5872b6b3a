package mayfly.http;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A body on its way from the event loop, which never blocks, to a handler, which does. Bounded: what does not fit stays
 * in the connection, which then stops reading.
 */
final class BodyPipe {
    static final int QUEUED_BYTES_MAX = 128 * 1024;

    // order: this lock is the innermost; nothing is called under it; guards every field below.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int firstUsed;
    private int queued;
    private boolean ended;
    private @Nullable IOException failure;

    /** Takes a copy of as many bytes as fit, and says how many. Event loop only. */
    int offer(byte[] bytes, int from, int count) {
        lock.lock();
        try {
            int taken = Math.min(count, QUEUED_BYTES_MAX - queued);
            if (taken > 0) {
                byte[] chunk = new byte[taken];
                System.arraycopy(bytes, from, chunk, 0, taken);
                chunks.add(chunk);
                queued += taken;
                changed.signal();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** The last byte was offered. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** No more bytes will come; what is queued is lost too, since a part of a body is of no use. */
    void fail(IOException cause) {
        lock.lock();
        try {
            if (!ended && failure == null) {
                failure = cause;
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** True when every byte arrived, read or not. */
    boolean arrived() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** True when nothing is queued and nothing has ended: a read would wait. */
    boolean wouldWait() {
        lock.lock();
        try {
            return queued == 0 && !ended && failure == null;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for bytes; returns how many were read (1 .. length), or -1 at the end. */
    int read(byte[] into, int offset, int length) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (queued == 0 && !ended && failure == null) {
                changed.await();
            }
            if (failure != null) {
                throw failure;
            }
            if (queued == 0) {
                return -1;
            }
            byte[] first = chunks.getFirst();
            int count = Math.min(length, first.length - firstUsed);
            System.arraycopy(first, firstUsed, into, offset, count);
            firstUsed += count;
            queued -= count;
            if (firstUsed == first.length) {
                chunks.removeFirst();
                firstUsed = 0;
            }
            return count;
        } finally {
            lock.unlock();
        }
    }
}
