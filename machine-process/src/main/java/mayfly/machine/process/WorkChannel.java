package mayfly.machine.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import mayfly.machine.Frame;
import mayfly.machine.FrameRead;
import mayfly.machine.FrameReader;
import mayfly.machine.FrameWriter;
import org.jspecify.annotations.Nullable;

/**
 * Frames over one connection into a sandbox. One thread sends and receives; {@link #hangUp} and {@link #close} may come
 * from any other at any time.
 */
final class WorkChannel implements AutoCloseable {
    private static final int DROPPED_BYTES = 8 * 1024;

    private final SocketChannel socket;
    private final WorkBuffers buffers;
    private final FrameReader reader;
    private final FrameWriter writer;

    // guarded by this
    private WorkBuffers.@Nullable Pair lent;

    WorkChannel(SocketChannel socket, WorkBuffers buffers) {
        this.socket = socket;
        this.buffers = buffers;
        WorkBuffers.Pair pair = buffers.take();
        this.lent = pair;
        this.reader = new FrameReader(socket, pair.in());
        this.writer = new FrameWriter(new Patient(socket), pair.out());
    }

    /**
     * Returns when the whole frame is on its way. Never blocks while it holds the socket's write lock: hangUp needs it,
     * and an agent that does not read must not be able to stop it.
     *
     * @throws IOException the other side is gone, so it cannot have received the whole frame, or hangUp was called
     */
    void send(Frame frame) throws IOException {
        socket.configureBlocking(false);
        try {
            writer.write(frame);
        } finally {
            socket.configureBlocking(true);
        }
    }

    /** The next frame. A connection that was reset has ended: what the other side did not read is not our matter. */
    FrameRead receive() {
        try {
            return reader.next();
        } catch (IOException e) {
            return new FrameRead.Ended(false);
        }
    }

    /** Reads to the end of the stream, whatever comes. */
    void drain() {
        ByteBuffer dropped = ByteBuffer.allocate(DROPPED_BYTES);
        try {
            while (socket.read(dropped.clear()) >= 0) {
                assert dropped.position() >= 0;
            }
        } catch (IOException e) {
            // reset instead of ended: the same to us
        }
    }

    /** Tells the sandbox to kill the machine behind this connection; its end of stream says that this is done. */
    void hangUp() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            // not connected any more: then it is dead or will be told by the close
        }
    }

    /** Only when no other thread is inside {@link #send} or {@link #receive}. */
    @Override
    public void close() {
        abandon();
        WorkBuffers.Pair pair;
        synchronized (this) {
            pair = lent;
            lent = null;
        }
        if (pair != null) {
            buffers.giveBack(pair);
        }
    }

    /** Closes the connection under whoever uses it: sends and receives end at once. */
    void abandon() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new AssertionError("closing a socket cannot fail in a way that matters", e);
        }
    }

    /** Writes to a non-blocking socket as if it were blocking. */
    private record Patient(SocketChannel socket) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer from) throws IOException {
            int sent = socket.write(from);
            if (sent == 0 && from.hasRemaining()) {
                try (Selector selector = Selector.open()) {
                    socket.register(selector, SelectionKey.OP_WRITE);
                    while (sent == 0) {
                        selector.select();
                        sent = socket.write(from);
                    }
                }
            }
            return sent;
        }

        @Override
        public boolean isOpen() {
            return socket.isOpen();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
