package mayfly.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream from a machine into messages. Whatever comes, it neither throws nor takes more memory than twice
 * what was really received: a length is a claim of the guest. Reads through one buffer that the owner lends and may
 * lend again after this reader.
 */
public final class FrameReader {
    private final StreamBuffer received;

    private FrameRead.@Nullable Malformed malformed;

    /**
     * @param from in blocking mode
     * @param buffer at least 8 bytes, direct for speed; its content is dropped
     */
    public FrameReader(ReadableByteChannel from, ByteBuffer buffer) {
        received = new StreamBuffer(from, buffer);
    }

    /** The next message; blocks until it is complete or none will come. */
    public FrameRead next() throws IOException {
        if (malformed != null) {
            return malformed;
        }
        ByteBuffer header = received.await(Frame.HEADER_BYTES);
        if (header == null) {
            return new FrameRead.Ended(received.hasRest());
        }
        return switch (FrameHeader.take(header)) {
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

    private byte @Nullable [] take(int length) throws IOException {
        return length == 0 ? Frame.NOTHING : received.take(length);
    }
}
