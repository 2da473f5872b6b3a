package mayfly.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes a stream of bytes in pieces whose lengths the other side claims: never takes more memory than twice what was
 * really received, and what may be believed. For one thread.
 */
public final class StreamBuffer {
    /** Lengths up to this are taken at their word. */
    private static final int TRUSTED_LENGTH_MAX = 64 * 1024;

    private final ReadableByteChannel from;
    /** Between its position and limit: received and not yet looked at. */
    private final ByteBuffer buffer;

    /**
     * @param from in blocking mode
     * @param buffer direct for speed; its content is dropped
     */
    public StreamBuffer(ReadableByteChannel from, ByteBuffer buffer) {
        this.from = from;
        this.buffer = buffer.clear().limit(0);
    }

    /**
     * Blocks until so many bytes are there to be looked at.
     *
     * @param bytes at most the buffer's capacity
     * @return the buffer, of which the caller takes what it wants; null when the stream ends before
     */
    public @Nullable ByteBuffer await(int bytes) throws IOException {
        while (buffer.remaining() < bytes) {
            buffer.compact();
            int got = from.read(buffer);
            buffer.flip();
            if (got < 0) {
                return null;
            }
        }
        return buffer;
    }

    /** Whether anything was received that nobody took. */
    public boolean hasRest() {
        return buffer.hasRemaining();
    }

    /** Exactly {@code length} bytes, or null when the stream ends before. */
    public byte @Nullable [] take(int length) throws IOException {
        byte[] taken = new byte[Math.min(length, TRUSTED_LENGTH_MAX)];
        int at = 0;
        while (true) {
            int part = Math.min(buffer.remaining(), taken.length - at);
            buffer.get(taken, at, part);
            at += part;
            if (at == length) {
                return taken;
            }
            if (at == taken.length) {
                taken = Arrays.copyOf(taken, Math.min(length, taken.length * 2));
            }
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int got = from.read(buffer);
                buffer.flip();
                if (got < 0) {
                    return null;
                }
            }
        }
    }
}
