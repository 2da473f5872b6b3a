package mayfly.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of one WebSocket. Any thread; nothing blocks; what one thread sends keeps its order. Sending on a
 * socket that is closed does nothing: the listener was told, or is about to be. Arrays must not change any more.
 */
public final class WebSocket {
    /** What a frame costs besides its payload. */
    private static final long FRAME_BYTES = 64;

    private final WebSocketConnection connection;
    private final long queuedBytesMax;
    private final Queue<WebSocketFrame> frames = new ConcurrentLinkedQueue<>();
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicBoolean flushing = new AtomicBoolean();
    /** Nothing more may be queued: a close frame is, or the connection is over. */
    private final AtomicBoolean ended = new AtomicBoolean();

    WebSocket(WebSocketConnection connection, long queuedBytesMax) {
        this.connection = connection;
        this.queuedBytesMax = queuedBytesMax;
    }

    public void binary(byte[] data) {
        queue(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(data)));
    }

    /** Sends text, which the caller knows to be UTF-8. */
    public void text(byte[] utf8) {
        queue(new TextWebSocketFrame(Unpooled.wrappedBuffer(utf8)));
    }

    /**
     * Begins to close, behind everything that was sent before; what the client still sends is dropped. Again: does
     * nothing. The reason is cut to 123 bytes. IllegalArgumentException unless {@link CloseCode#sendable}.
     */
    public void close(int code, String reason) {
        if (!CloseCode.sendable(code)) {
            throw new IllegalArgumentException("a close frame cannot carry " + code);
        }
        if (ended.compareAndSet(false, true)) {
            frames.add(new CloseWebSocketFrame(code, CloseCode.reason(reason)));
            flushSoon();
        }
    }

    /** Bytes that were sent here and not yet taken by the client's connection. */
    public long queuedBytes() {
        return waiting.get() + connection.outlet().unwritten();
    }

    /** Lets the client wait, or go on; what was read already is still delivered, some ten KiB at most. */
    public void reading(boolean on) {
        connection.outlet().execute(() -> connection.read(on));
    }

    /** False as soon as nothing more can be sent. */
    public boolean isOpen() {
        return !ended.get();
    }

    public InetSocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    private void queue(WebSocketFrame frame) {
        if (ended.get()) {
            return;
        }
        if (waiting.addAndGet(bytes(frame)) + connection.outlet().unwritten() > queuedBytesMax) {
            if (ended.compareAndSet(false, true)) {
                connection.outlet().execute(connection::overflowed);
            }
            return;
        }
        frames.add(frame);
        flushSoon();
    }

    private static long bytes(WebSocketFrame frame) {
        return FRAME_BYTES + frame.content().readableBytes();
    }

    private void flushSoon() {
        if (flushing.compareAndSet(false, true)) {
            connection.outlet().execute(connection::flush);
        }
    }

    // ---- for the connection: event loop

    void beginFlush() {
        flushing.set(false);
    }

    /** The next frame to write; null when there is none. */
    @Nullable
    WebSocketFrame next() {
        WebSocketFrame frame = frames.poll();
        if (frame != null && !(frame instanceof CloseWebSocketFrame)) {
            waiting.addAndGet(-bytes(frame));
        }
        return frame;
    }

    void end() {
        ended.set(true);
    }

    void forget() {
        frames.clear();
        waiting.set(0);
    }
}
