package mayfly.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Sends messages through one lent buffer; a message that fits into it is a single write. */
public final class FrameWriter {
    private final WritableByteChannel to;
    private final ByteBuffer buffer;

    /**
     * @param to in blocking mode
     * @param buffer at least 8 bytes, direct for speed
     */
    public FrameWriter(WritableByteChannel to, ByteBuffer buffer) {
        this.to = to;
        this.buffer = buffer;
    }

    /** Returns when the whole message is on its way. */
    public void write(Frame frame) throws IOException {
        buffer.clear();
        FrameHeader.put(buffer, frame.type(), frame.meta().length, frame.bytes().length);
        put(frame.meta());
        put(frame.bytes());
        flush();
    }

    private void put(byte[] bytes) throws IOException {
        for (int at = 0; at < bytes.length; ) {
            if (!buffer.hasRemaining()) {
                flush();
            }
            int part = Math.min(buffer.remaining(), bytes.length - at);
            buffer.put(bytes, at, part);
            at += part;
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            to.write(buffer);
        }
        buffer.clear();
    }
}
