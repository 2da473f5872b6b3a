package mayfly.machine.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Messages over one connection. One thread receives at a time; any may send and close. */
final class HostChannel implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final SocketChannel socket;
    /** Between its position and limit: received and not yet looked at. */
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);

    private final Object sending = new Object();
    private HostRead.@Nullable Malformed malformed;

    /** @param socket in blocking mode */
    HostChannel(SocketChannel socket) {
        this.socket = socket;
    }

    /**
     * Returns when the whole message is on its way.
     *
     * @throws IOException the other side is gone, so it cannot have received the whole message
     * @throws IllegalArgumentException it cannot be said in this protocol; nothing was sent
     */
    void send(HostFrame frame) throws IOException {
        ByteBuffer bytes = HostCodec.bytes(frame);
        synchronized (
                sending) { // messages do not mix; held during a write, which another thread can only end by closing
            while (bytes.hasRemaining()) {
                socket.write(bytes);
            }
        }
    }

    /** The next message; blocks until it is complete or none will come. Takes no more memory than twice what came. */
    HostRead receive() {
        if (malformed != null) {
            return malformed;
        }
        try {
            return next();
        } catch (IOException gone) {
            return new HostRead.Ended();
        }
    }

    private HostRead next() throws IOException {
        while (buffer.remaining() < HostCodec.HEADER_BYTES) {
            buffer.compact();
            int got = socket.read(buffer);
            buffer.flip();
            if (got < 0) {
                return new HostRead.Ended();
            }
        }
        HostRead read = switch (HostCodec.header(buffer)) {
            case HostCodec.Header.Bad(var reason) -> new HostRead.Malformed(reason);
            case HostCodec.Header.Good good -> {
                byte[] body = take(good.bodyBytes());
                yield body == null ? new HostRead.Ended() : HostCodec.message(good, body);
            }
        };
        if (read instanceof HostRead.Malformed bad) {
            malformed = bad;
        }
        return read;
    }

    /** Exactly {@code length} bytes, or null when the stream ends before. */
    private byte @Nullable [] take(int length) throws IOException {
        byte[] taken = new byte[Math.min(length, BUFFER_BYTES)];
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
                int got = socket.read(buffer);
                buffer.flip();
                if (got < 0) {
                    return null;
                }
            }
        }
    }

    boolean isOpen() {
        return socket.isOpen();
    }

    /** Ends sends and receives under way. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new AssertionError("closing a socket cannot fail in a way that matters", e);
        }
    }
}
