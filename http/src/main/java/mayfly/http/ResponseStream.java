package mayfly.http;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A response body of unknown length. Small writes gather; a flush sends them. Writing waits while the client takes
 * nothing, and throws {@link ClientGoneException} when the connection is gone. Used by one thread at a time.
 */
public final class ResponseStream extends OutputStream {
    private static final int GATHERED_BYTES_MAX = 16 * 1024;
    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] NONE = new byte[0];

    private final Exchange exchange;
    private final Connection connection;
    private final RequestHead request;
    private final int status;
    private final Headers headers;
    private final boolean dropped;

    private byte[] gathered = NONE;
    private int count;
    private boolean begun;
    private boolean closes;
    private boolean closed;

    ResponseStream(Exchange exchange, Connection connection, RequestHead request, int status, Headers headers) {
        this.exchange = exchange;
        this.connection = connection;
        this.request = request;
        this.status = status;
        this.headers = headers;
        this.dropped = request.isHead() || ResponseHead.bodyless(status);
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
        int done = 0;
        while (done < length) {
            int room = GATHERED_BYTES_MAX - count;
            int step = Math.min(room, length - done);
            if (gathered.length < count + step) {
                gathered = Arrays.copyOf(gathered, count + step <= 1024 ? 1024 : GATHERED_BYTES_MAX);
            }
            System.arraycopy(bytes, offset + done, gathered, count, step);
            count += step;
            done += step;
            if (count == GATHERED_BYTES_MAX) {
                flush();
            }
        }
    }

    /** Hands everything written so far to the socket; the first flush sends the header fields too. */
    @Override
    public void flush() throws IOException {
        if (closed || (begun && count == 0)) {
            return;
        }
        byte[] head = begin(ResponseHead.UNKNOWN);
        if (head.length + count == 0) {
            return;
        }
        connection.outlet().awaitWritable();
        connection.outlet().write(assemble(head, NONE));
    }

    /** Ends the response. Nothing flushed yet: it goes out whole, with its length. Closing again does nothing. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        if (!begun && !dropped) {
            byte[] head = begin(count);
            closed = true;
            connection.finish(exchange, head, Arrays.copyOf(gathered, count), closes);
            return;
        }
        byte[] head = begin(ResponseHead.UNKNOWN);
        closed = true;
        if (connection.outlet().isOpen()) {
            connection.finish(exchange, assemble(head, chunked() ? LAST_CHUNK : NONE), closes);
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

    private byte[] begin(long length) {
        if (begun) {
            return NONE;
        }
        begun = true;
        // Without chunks only the end of the connection ends a body of unknown length.
        closes = exchange.closes() || (length < 0 && request.minorVersion() == 0 && !dropped);
        return connection.responseHead(request.minorVersion(), status, headers, length, closes);
    }

    private boolean chunked() {
        return request.minorVersion() > 0 && !dropped;
    }

    /** Head, gathered bytes as one chunk, and tail. */
    private ByteBuf assemble(byte[] head, byte[] tail) {
        ByteBuf out = connection.outlet().buffer(head.length + count + tail.length + 16);
        out.writeBytes(head);
        if (count > 0) {
            if (chunked()) {
                out.writeBytes(Integer.toHexString(count).getBytes(StandardCharsets.ISO_8859_1));
                out.writeBytes(CRLF).writeBytes(gathered, 0, count).writeBytes(CRLF);
            } else {
                out.writeBytes(gathered, 0, count);
            }
        }
        count = 0;
        return out.writeBytes(tail);
    }
}
