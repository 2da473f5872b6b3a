package mayfly.machine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** A channel that remembers what was written to it and plays it back in pieces. */
final class Wire implements WritableByteChannel {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Wire() {}

    Wire(byte[] content, int length) {
        bytes.write(content, 0, length);
    }

    byte[] sent() {
        return bytes.toByteArray();
    }

    @Override
    public int write(ByteBuffer from) {
        // Half of it, so that writers that assume a whole write are caught.
        int part = Math.max(1, from.remaining() / 2);
        byte[] taken = new byte[part];
        from.get(taken);
        bytes.writeBytes(taken);
        return part;
    }

    /** All bytes so far, at most {@code step} per read. */
    ReadableByteChannel replay(int step) {
        ByteBuffer left = ByteBuffer.wrap(bytes.toByteArray());
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer to) {
                if (!left.hasRemaining()) {
                    return -1;
                }
                int part = Math.min(Math.min(step, left.remaining()), to.remaining());
                to.put(left.slice(left.position(), part));
                left.position(left.position() + part);
                return part;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
