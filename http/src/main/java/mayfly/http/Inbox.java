package mayfly.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Bytes a connection has read and not yet used. An idle connection holds no array: thousands of them wait for a request
 * that may never come.
 */
final class Inbox {
    private static final byte[] NONE = new byte[0];

    private byte[] bytes = NONE;
    private int from;
    private int to;

    /** Copies what the buffer holds; the buffer stays its caller's. */
    void append(ByteBuf buffer) {
        int count = buffer.readableBytes();
        if (from == to) {
            bytes = new byte[count];
            from = 0;
            to = 0;
        } else if (bytes.length - to < count) {
            int used = to - from;
            byte[] target = used + count <= bytes.length ? bytes : new byte[Math.max(used + count, 2 * used)];
            System.arraycopy(bytes, from, target, 0, used);
            bytes = target;
            from = 0;
            to = used;
        }
        buffer.readBytes(bytes, to, count);
        to += count;
    }

    byte[] bytes() {
        return bytes;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    int size() {
        return to - from;
    }

    boolean isEmpty() {
        return from == to;
    }

    boolean startsWithEmptyLine() {
        return size() >= 2 && bytes[from] == '\r' && bytes[from + 1] == '\n';
    }

    byte[] take(int count) {
        byte[] taken = Arrays.copyOfRange(bytes, from, from + count);
        advanceTo(from + count);
        return taken;
    }

    void advanceTo(int index) {
        from = index;
        if (from == to) {
            clear();
        }
    }

    void clear() {
        bytes = NONE;
        from = 0;
        to = 0;
    }
}
