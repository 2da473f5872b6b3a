package mayfly.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One request and its one response, in blocking style. Used by one thread at a time, except {@link #clientGone}, {@link
 * #onClientGone} and {@link #abort}, which any thread may call. It ends when its handler returns.
 */
public final class Exchange {
    private final Connection connection;
    private final RequestHead head;
    private final RequestBody body;
    private final AtomicBoolean answered = new AtomicBoolean();
    private @Nullable ResponseStream stream;
    private boolean lastOnConnection;

    // order: the innermost lock; no callback runs under it; guards gone and goneActions.
    private final Object goneLock = new Object();
    private boolean gone;
    private @Nullable List<Runnable> goneActions;

    Exchange(Connection connection, RequestHead head, RequestBody body) {
        this.connection = connection;
        this.head = head;
        this.body = body;
    }

    /** The method, as sent ("GET"). */
    public String method() {
        return head.method();
    }

    /** The path as sent, still percent-encoded, without the query; "*" for OPTIONS of the whole server. */
    public String path() {
        return head.target().path();
    }

    /**
     * The decoded parts of the path: "/a/b%20c" is [a, "b c"], "/" is []. A part is never "." or "..", holds no control
     * character, may be empty ("/a/" is [a, ""]), and may hold a '/' that was sent as %2F.
     */
    public List<String> segments() {
        return head.target().segments();
    }

    /** Path and query exactly as sent. */
    public String rawTarget() {
        return head.target().raw();
    }

    /**
     * The first value of a query parameter, decoded, or null. A query that cannot be decoded ends the handler with an
     * unchecked exception, which it lets pass, and the client is told.
     */
    public @Nullable String query(String name) {
        List<String> values = head.target().query().get(name);
        return values == null ? null : values.getFirst();
    }

    /** Every query parameter with its values, decoded, in their order; as {@link #query} if that cannot be done. */
    public Map<String, List<String>> queryParameters() {
        return head.target().query();
    }

    /** The first value of a header in any case, or null. */
    public @Nullable String header(String name) {
        return head.headers().first(name);
    }

    public Headers headers() {
        return head.headers();
    }

    /** The Host header; null only for HTTP/1.0. There is never more than one. */
    public @Nullable String host() {
        return head.host();
    }

    public InetSocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    /** The whole body, up to the server's default limit. */
    public byte[] body() throws IOException {
        return body(connection.limits().bodyBytes());
    }

    /**
     * The whole body, waiting for it. {@link BodyException}: longer than {@code maxBytes} (thrown before anything is
     * read when Content-Length tells), malformed, or too slow.
     */
    public byte[] body(int maxBytes) throws IOException {
        return body.bytes(maxBytes);
    }

    /** The body as it arrives, with back-pressure on the client, up to {@code maxBytes}. */
    public InputStream bodyStream(long maxBytes) throws IOException {
        return body.stream(maxBytes);
    }

    /** True when a response was sent or begun. */
    public boolean answered() {
        return answered.get();
    }

    /** Closes the connection after this exchange's response, and tells the client so. */
    public void closeAfterResponse() {
        lastOnConnection = true;
    }

    /**
     * Sends a whole response. Waits while a large one does not fit into the socket. HEAD requests get the header fields
     * only, as do 204, 205 and 304. AssertionError when this exchange has a response already; IllegalArgumentException for
     * header fields that the server owns (content-length, transfer-encoding, connection, date).
     */
    public void send(int status, Headers headers, byte[] content) throws IOException {
        boolean close = closes();
        HttpResponse response = responseHead(status, headers, content.length, close);
        claim();
        ByteBuf sent = ResponseHead.bodyless(head, status) ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(content);
        connection.finish(this, response, sent, close);
    }

    /**
     * Begins a response whose length is not known; it goes out in chunks when flushed, full or closed. Close it to end
     * the response; {@link #abort} tells the client that it is incomplete.
     */
    public ResponseStream stream(int status, Headers headers) {
        // Made once now, so that bad header fields fail before anything is claimed.
        responseHead(status, headers, ResponseHead.UNKNOWN, false);
        claim();
        ResponseStream opened = new ResponseStream(this, connection, head, status, headers);
        stream = opened;
        return opened;
    }

    /** Begins a stream of server-sent events; the client sees its beginning at once. */
    public SseStream sse() throws IOException {
        Headers headers = Headers.of("content-type", "text/event-stream; charset=utf-8", "cache-control", "no-store");
        ResponseStream opened = stream(200, headers);
        opened.flush();
        return new SseStream(opened);
    }

    /** Whether the client asks for a WebSocket. */
    public boolean wantsWebSocket() {
        return WebSocketHandshake.asked(head);
    }

    /** The subprotocols that the client offers, in its order. */
    public List<String> webSocketProtocols() {
        return WebSocketHandshake.names(head.headers(), "sec-websocket-protocol");
    }

    /**
     * Answers with the handshake's end; the connection is a WebSocket from then on, and this exchange is over when its
     * handler returns. {@code more} holds header fields for the answer.
     *
     * @throws HandshakeException when the request is no handshake that we take, or the server drains; let it pass
     */
    public WebSocket acceptWebSocket(
            @Nullable String protocol, Headers more, WebSocketSpec limits, WebSocketListener listener)
            throws HandshakeException {
        if (connection.serving().draining()) {
            throw new HandshakeException(Refusal.OVERLOADED, "the server stops; try again later");
        }
        HttpResponse switching = WebSocketHandshake.answer(
                head, protocol, more, connection.serving().date());
        claim();
        WebSocketConnection successor = new WebSocketConnection(connection, limits, listener);
        connection.upgrade(this, successor, switching);
        return successor.socket();
    }

    /** Cuts the connection: whatever was sent of the response is marked as incomplete that way. */
    public void abort() {
        connection.outlet().cut();
    }

    /**
     * True once the client closed its side. Such a client may, rarely, still read (it closed only the sending half), so
     * a response may still be sent; endless streams should end.
     */
    public boolean clientGone() {
        synchronized (goneLock) {
            return gone;
        }
    }

    /**
     * Runs the action once on a virtual thread of its own when the client is gone, at once if it is already; never after
     * the exchange ended normally.
     */
    public void onClientGone(Runnable action) {
        synchronized (goneLock) {
            if (!gone) {
                if (goneActions == null) {
                    goneActions = new ArrayList<>(1);
                }
                goneActions.add(action);
                return;
            }
        }
        Thread.ofVirtual().start(action);
    }

    void markGone() {
        List<Runnable> actions;
        synchronized (goneLock) {
            if (gone) {
                return;
            }
            gone = true;
            actions = goneActions == null ? List.of() : goneActions;
            goneActions = null;
        }
        actions.forEach(Thread.ofVirtual()::start);
    }

    /** Whether the connection ends with this response, as far as known now. */
    boolean closes() {
        return lastOnConnection
                || !head.persistent()
                || !body.settled()
                || connection.serving().draining();
    }

    HttpResponse responseHead(int status, Headers headers, long length, boolean close) {
        return ResponseHead.of(
                head, status, headers, length, close, connection.serving().date());
    }

    @Nullable
    ResponseStream openStream() {
        return stream;
    }

    private void claim() {
        if (!answered.compareAndSet(false, true)) {
            throw new AssertionError("a second response to " + method() + " " + rawTarget());
        }
    }
}
