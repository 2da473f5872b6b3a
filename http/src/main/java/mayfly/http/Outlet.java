package mayfly.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The writing half of a connection. Writes keep their order whichever thread makes them: all pass through the queue of
 * the event loop. Any thread, unless said otherwise.
 */
final class Outlet {
    /** Responses up to this size go to the event loop in one piece; longer ones in slices of it, with back-pressure. */
    private static final int SLICE_BYTES = 32 * 1024;

    private final SocketChannel channel;
    private final Duration stallMax;
    /** The handler that waits for the socket to take more. */
    private volatile @Nullable Thread waiter;

    private long unwrittenBytes;
    private long stalledSince;

    Outlet(SocketChannel channel, Duration stallMax) {
        this.channel = channel;
        this.stallMax = stallMax;
    }

    boolean isOpen() {
        return channel.isActive();
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    /** Writes and flushes. A failure closes the connection, which is how it is noticed. */
    @SuppressWarnings("FutureReturnValueIgnored") // the void promise reports failures to Connection.exceptionCaught
    void write(Object message) {
        channel.writeAndFlush(message, channel.voidPromise());
    }

    /** Writes and flushes a part of a body, and the head before it when it is the first. */
    @SuppressWarnings("FutureReturnValueIgnored") // as above
    void write(@Nullable HttpResponse head, ByteBuf content) {
        HttpContent part = new DefaultHttpContent(content);
        if (head == null) {
            write(part);
            return;
        }
        execute(() -> {
            channel.write(head, channel.voidPromise());
            channel.writeAndFlush(part, channel.voidPromise());
        });
    }

    /** Writes a long response in slices while the client takes them, and returns the rest, which is to end it. */
    LastHttpContent writeAllButEnd(@Nullable HttpResponse head, ByteBuf content) throws IOException {
        HttpResponse first = head;
        while (content.readableBytes() > SLICE_BYTES) {
            awaitWritable();
            write(first, content.readRetainedSlice(SLICE_BYTES));
            first = null;
        }
        return ResponseHead.end(first, content);
    }

    /** Writes and flushes, then runs the action on the event loop, whether that worked or not. */
    void writeThen(Object message, Runnable action) {
        channel.writeAndFlush(message).addListener(_ -> action.run());
    }

    /** Closes at once; what is not written yet is lost. */
    @SuppressWarnings("FutureReturnValueIgnored") // closing again or too late does no harm
    void cut() {
        channel.close();
    }

    void closeAfterFlush() {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /** Tells the client that nothing more will be sent. */
    @SuppressWarnings("FutureReturnValueIgnored") // fails only when the connection is closed already
    void end() {
        channel.shutdownOutput();
    }

    /** Gives the event loop a task; false when the server is closed, and with it this connection. */
    boolean execute(Runnable task) {
        try {
            channel.eventLoop().execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Waits until the socket takes more. One thread at a time. */
    void awaitWritable() throws IOException {
        waiter = Thread.currentThread();
        try {
            while (!channel.isWritable()) {
                if (!channel.isActive()) {
                    throw new ClientGoneException();
                }
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted while writing a response");
                }
                LockSupport.park(this);
            }
        } finally {
            waiter = null;
        }
    }

    /** The socket takes more, or is closed. */
    void wake() {
        LockSupport.unpark(waiter);
    }

    /** Bytes that wait for the client to take them, roughly. Any thread. */
    long unwritten() {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out == null ? 0 : out.totalPendingWriteBytes();
    }

    /** True when bytes wait and the client took none of them for too long. Event loop. */
    boolean stalled(long now) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        long unwritten = out == null ? 0 : out.totalPendingWriteBytes() - out.currentProgress();
        if (unwritten == 0 || unwritten != unwrittenBytes) {
            unwrittenBytes = unwritten;
            stalledSince = now;
            return false;
        }
        return now - stalledSince > stallMax.toNanos();
    }
}
