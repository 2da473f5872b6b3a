package mayfly.http;

import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A body on its way from the event loop, which never blocks, to a handler, which does. Bounded: a piece that reaches the
 * limit is the last one until the handler read all of them; the connection stops reading meanwhile.
 */
final class BodyPipe {
    private static final int QUEUED_BYTES_MAX = 128 * 1024;

    // order: the monitor of this object is the innermost lock; nothing is called under it; guards every field.
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int firstUsed;
    private int queued;
    private boolean ended;
    private @Nullable IOException failure;

    /** Takes the bytes over; true when no more should come until they are read. Event loop only. */
    synchronized boolean offer(byte[] chunk) {
        if (chunk.length > 0) {
            chunks.add(chunk);
            queued += chunk.length;
            notifyAll();
        }
        return queued >= QUEUED_BYTES_MAX;
    }

    /** The last byte was offered. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** No more bytes will come; what is queued is lost too, since a part of a body is of no use. */
    synchronized void fail(IOException cause) {
        if (!ended && failure == null) {
            failure = cause;
            notifyAll();
        }
    }

    /** True when every byte arrived, read or not. */
    synchronized boolean arrived() {
        return ended;
    }

    /** True when nothing is queued and nothing has ended: a read would wait. */
    synchronized boolean wouldWait() {
        return queued == 0 && !ended && failure == null;
    }

    /** Waits for bytes; returns how many were read (1 .. length), or -1 at the end. */
    synchronized int read(byte[] into, int offset, int length) throws IOException, InterruptedException {
        while (wouldWait()) {
            wait();
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
    }
}
