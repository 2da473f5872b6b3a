package mayfly.machine.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import mayfly.machine.StreamBuffer;
import org.jspecify.annotations.Nullable;

/** Messages over one connection. One thread receives at a time; any may send and close. */
final class HostChannel implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final SocketChannel socket;
    private final StreamBuffer received;
    private final Object sending = new Object();
    private HostRead.@Nullable Malformed malformed;

    /** @param socket in blocking mode */
    HostChannel(SocketChannel socket) {
        this.socket = socket;
        received = new StreamBuffer(socket, ByteBuffer.allocateDirect(BUFFER_BYTES));
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
        ByteBuffer header = received.await(HostCodec.HEADER_BYTES);
        if (header == null) {
            return new HostRead.Ended();
        }
        HostRead read = switch (HostCodec.header(header)) {
            case HostCodec.Header.Bad(var reason) -> new HostRead.Malformed(reason);
            case HostCodec.Header.Good good -> {
                byte[] body = received.take(good.bodyBytes());
                yield body == null ? new HostRead.Ended() : HostCodec.message(good, body);
            }
        };
        if (read instanceof HostRead.Malformed bad) {
            malformed = bad;
        }
        return read;
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
