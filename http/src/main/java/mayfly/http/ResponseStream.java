package mayfly.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A response body of unknown length. Small writes gather; a flush sends them. Writing waits while the client takes
 * nothing, and throws {@link ClientGoneException} when the connection is gone. Used by one thread at a time.
 */
public final class ResponseStream extends OutputStream {
    private static final int GATHERED_BYTES_MAX = 16 * 1024;

    private final Exchange exchange;
    private final Connection connection;
    private final RequestHead request;
    private final int status;
    private final Headers headers;
    private final boolean dropped;

    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream(256);
    private boolean begun;
    private boolean closes;
    private boolean closed;

    ResponseStream(Exchange exchange, Connection connection, RequestHead request, int status, Headers headers) {
        this.exchange = exchange;
        this.connection = connection;
        this.request = request;
        this.status = status;
        this.headers = headers;
        this.dropped = ResponseHead.bodyless(request, status);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("the response is closed");
        }
        if (dropped) {
            return;
        }
        for (int done = 0; done < length; ) {
            int step = Math.min(GATHERED_BYTES_MAX - gathered.size(), length - done);
            gathered.write(bytes, offset + done, step);
            done += step;
            if (gathered.size() == GATHERED_BYTES_MAX) {
                flush();
            }
        }
    }

    /** Hands everything written so far to the socket; the first flush sends the header fields too. */
    @Override
    public void flush() throws IOException {
        if (closed || (begun && gathered.size() == 0)) {
            return;
        }
        connection.outlet().awaitWritable();
        connection.outlet().write(begin(ResponseHead.UNKNOWN), take());
    }

    /** Ends the response. Nothing flushed yet: it goes out whole, with its length. Closing again does nothing. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        HttpResponse head = begin(dropped ? ResponseHead.UNKNOWN : gathered.size());
        closed = true;
        if (connection.outlet().isOpen()) {
            connection.finish(exchange, head, take(), closes);
        }
    }

    /** Cuts the connection, so that the client sees that the response is incomplete. */
    public void abort() {
        closed = true;
        connection.outlet().cut();
    }

    boolean isClosed() {
        return closed;
    }

    /** The head, the first time. */
    private @Nullable HttpResponse begin(long length) {
        if (begun) {
            return null;
        }
        begun = true;
        // Without chunks only the end of the connection ends a body of unknown length.
        closes = exchange.closes() || (length < 0 && request.minorVersion() == 0 && !dropped);
        return exchange.responseHead(status, headers, length, closes);
    }

    private ByteBuf take() {
        ByteBuf taken = Unpooled.wrappedBuffer(gathered.toByteArray());
        gathered.reset();
        return taken;
    }
}
