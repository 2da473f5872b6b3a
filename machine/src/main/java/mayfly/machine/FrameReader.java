package mayfly.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream from a machine into messages. Whatever comes, it neither throws nor takes more memory than twice
 * what was really received: a length is a claim of the guest. Reads through one buffer that the owner lends and may
 * lend again after this reader.
 */
public final class FrameReader {
    /** Bodies up to this length are taken at their word. */
    private static final int TRUSTED_LENGTH_MAX = 64 * 1024;

    private final ReadableByteChannel from;
    /** Between its position and limit: received and not yet looked at. */
    private final ByteBuffer buffer;

    private FrameRead.@Nullable Malformed malformed;

    /**
     * @param from in blocking mode
     * @param buffer at least 8 bytes, direct for speed; its content is dropped
     */
    public FrameReader(ReadableByteChannel from, ByteBuffer buffer) {
        this.from = from;
        this.buffer = buffer.clear().limit(0);
    }

    /** The next message; blocks until it is complete or none will come. */
    public FrameRead next() throws IOException {
        if (malformed != null) {
            return malformed;
        }
        while (buffer.remaining() < Frame.HEADER_BYTES) {
            buffer.compact();
            int got = from.read(buffer);
            buffer.flip();
            if (got < 0) {
                return new FrameRead.Ended(buffer.hasRemaining());
            }
        }
        return switch (FrameHeader.take(buffer)) {
            case FrameHeader.Bad(var reason) -> {
                malformed = new FrameRead.Malformed(reason);
                yield malformed;
            }
            case FrameHeader.Good(var type, int metaLength, int bytesLength) -> body(type, metaLength, bytesLength);
        };
    }

    private FrameRead body(FrameType type, int metaLength, int bytesLength) throws IOException {
        byte[] meta = take(metaLength);
        byte[] bytes = meta == null ? null : take(bytesLength);
        return meta == null || bytes == null
                ? new FrameRead.Ended(true)
                : new FrameRead.Whole(new Frame(type, meta, bytes));
    }

    /** Exactly {@code length} bytes, or null when the stream ends before. */
    private byte @Nullable [] take(int length) throws IOException {
        if (length == 0) {
            return Frame.NOTHING;
        }
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
