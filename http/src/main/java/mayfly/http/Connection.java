package mayfly.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One client connection: reads requests one after the other and writes their responses. Its event loop owns every field
 * that is not marked otherwise; handlers reach it through the methods of the second half, which any thread may call.
 *
 * <p>One exchange at a time: while it runs, at most {@link #inboxMax} bytes of later requests are read ahead (reading on
 * is how a client that leaves is noticed), and the next request starts only when the last response is on its way.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    /** A body up to this size is gathered first, so that slow clients cost no handler. */
    private static final int GATHERED_BYTES_MAX = 16 * 1024;
    /** Responses up to this size go to the event loop in one piece; longer ones in slices of it, with back-pressure. */
    private static final int SLICE_BYTES = 32 * 1024;
    /** Connections over the limit that are told so; even more are closed without a word. */
    private static final int REFUSED_CONNECTIONS_MAX = 128;

    private static final long NANOS_PER_BODY_BYTE = 1_000_000;
    private static final long NEVER = Long.MAX_VALUE;

    private enum Phase {
        /** Nothing of the next request is here. */
        IDLE,
        /** A part of a request head is here. */
        HEAD,
        /** The head is here, a part of its small body may be. */
        GATHERING,
        /** A handler runs; a larger body may be arriving. */
        RUNNING,
        /** The response is sent; the rest of the request's body is dropped. */
        DISCARDING,
        /** The last response is sent or being sent; whatever arrives is dropped until the client closes. */
        LINGERING,
        CLOSED
    }

    /** Index in its sweeper, which owns it. */
    int slot;

    private final SocketChannel channel;
    private final Serving serving;
    private final Sweeper sweeper;
    private final int inboxMax;
    private final Outlet outlet;
    private final Inbox inbox = new Inbox();

    private Phase phase = Phase.IDLE;
    private long due = NEVER;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean closeWhenIdle;
    private boolean emptyLineSkipped;
    private boolean inputBroken;
    private @Nullable RequestHead head;
    private @Nullable BodyDecoder body;
    private @Nullable BodyPipe pipe;
    private @Nullable Exchange exchange;

    /** The client waits for "100 Continue" and has sent nothing of its body. Event loop writes, any thread reads. */
    private volatile boolean holdsContinue;

    Connection(SocketChannel channel, Serving serving, Sweeper sweeper) {
        this.channel = channel;
        this.serving = serving;
        this.sweeper = sweeper;
        this.outlet = new Outlet(channel, limits().writeTime());
        this.inboxMax = limits().headerBytes() + 2 * GATHERED_BYTES_MAX;
    }

    // ---- news from the socket: event loop

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        sweeper.add(this);
        due = System.nanoTime() + limits().idle().toNanos();
        int over = serving.admission().enterConnection() - limits().connections();
        if (over > REFUSED_CONNECTIONS_MAX) {
            outlet.cut();
        } else if (over > 0) {
            refuse(Refusal.OVERLOADED, "too many connections; try again later", true);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            if (phase != Phase.LINGERING && phase != Phase.CLOSED) {
                if (due != NEVER && phase.compareTo(Phase.GATHERING) >= 0) {
                    due = Math.min(due + bytes.readableBytes() * NANOS_PER_BODY_BYTE, bodyDue());
                }
                inbox.append(bytes);
            }
        } finally {
            bytes.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        advance();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputEnded = true;
            if (phase == Phase.RUNNING && exchange != null) {
                exchange.markGone();
            }
            advance();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        outlet.wake();
        if (phase == Phase.IDLE && !inbox.isEmpty()) {
            advance();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        phase = Phase.CLOSED;
        inbox.clear();
        if (pipe != null) {
            pipe.fail(gone());
        }
        if (exchange != null) {
            exchange.markGone();
        }
        exchange = null;
        outlet.wake();
        sweeper.remove(this);
        serving.admission().leaveConnection();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            System.getLogger("mayfly.http").log(System.Logger.Level.ERROR, "a connection failed", cause);
        }
        outlet.cut();
    }

    // ---- requests: event loop

    private void advance() {
        boolean moved = true;
        while (moved) {
            moved = switch (phase) {
                case IDLE, HEAD -> takeHead();
                case GATHERING -> gather();
                case RUNNING -> feed();
                case DISCARDING -> discard();
                case LINGERING, CLOSED -> dropAll();
            };
        }
        boolean read = inbox.size() < inboxMax;
        if (phase != Phase.CLOSED && channel.config().isAutoRead() != read) {
            channel.config().setAutoRead(read);
        }
    }

    private boolean takeHead() {
        if (phase == Phase.IDLE && !emptyLineSkipped && inbox.startsWithEmptyLine()) {
            emptyLineSkipped = true; // some old clients send one after a body; more than one is no request
            inbox.advanceTo(inbox.from() + 2);
        }
        if (inbox.isEmpty()) {
            if (inputEnded || closeWhenIdle) {
                closeAfterFlush();
            }
            return false;
        }
        if (!outlet.isWritable()) {
            // ends the wait: channelWritabilityChanged, or the sweeper when nothing is written for too long
            return false; // the client takes no responses, so it gets no further ones
        }
        if (phase == Phase.IDLE) {
            phase = Phase.HEAD;
            due = System.nanoTime() + limits().headTime().toNanos();
        }
        try {
            int end = HeadParser.end(inbox.bytes(), inbox.from(), inbox.to());
            int size = end < 0 ? inbox.size() : end - inbox.from();
            if (size > limits().headerBytes()) {
                throw new MalformedException(
                        Refusal.HEADERS_TOO_LARGE, "the request head is over " + limits().headerBytes() + " bytes");
            }
            if (end < 0) {
                if (inputEnded) {
                    closeAfterFlush();
                }
                return false;
            }
            RequestHead parsed = HeadParser.parse(inbox.bytes(), inbox.from(), end);
            inbox.advanceTo(end);
            emptyLineSkipped = false;
            return begin(parsed);
        } catch (MalformedException e) {
            refuse(e.refusal(), String.valueOf(e.getMessage()), true);
            return true;
        }
    }

    private boolean begin(RequestHead parsed) {
        head = parsed;
        if (parsed.bodyLength() == 0) {
            return dispatch(parsed, RequestBody.Whole.EMPTY);
        }
        if (parsed.bodyLength() > 0 && parsed.bodyLength() <= GATHERED_BYTES_MAX && !parsed.expectsContinue()) {
            phase = Phase.GATHERING;
            due = bodyDue();
            return true;
        }
        body = new BodyDecoder(parsed.bodyLength());
        pipe = new BodyPipe();
        holdsContinue = parsed.expectsContinue();
        return dispatch(parsed, new RequestBody.Arriving(this, pipe, parsed.bodyLength()));
    }

    private boolean gather() {
        RequestHead request = Objects.requireNonNull(head);
        int length = (int) request.bodyLength();
        if (inbox.size() >= length) {
            return dispatch(request, new RequestBody.Whole(inbox.take(length)));
        }
        if (inputEnded) {
            closeAfterFlush();
        }
        return false;
    }

    private boolean dispatch(RequestHead request, RequestBody content) {
        due = NEVER;
        if (!serving.admission().enterExchange()) {
            refuse(Refusal.OVERLOADED, "too many requests at once; try again later", body != null);
            return true;
        }
        phase = Phase.RUNNING;
        exchange = new Exchange(this, request, content);
        if (inputEnded) {
            exchange.markGone();
        }
        serving.dispatch(exchange);
        return body != null;
    }

    /** Moves arrived bytes of the body to the handler; false: wait for more of either. */
    private boolean feed() {
        BodyDecoder decoder = body;
        BodyPipe target = pipe;
        if (decoder == null || target == null || decoder.done()) {
            return false;
        }
        if (!inbox.isEmpty()) {
            holdsContinue = false;
        }
        if (!decode(decoder, target)) {
            target.fail(new BodyException(Refusal.MALFORMED, "the request body is not properly chunked"));
            return breakBody();
        }
        if (decoder.done()) {
            due = NEVER;
            target.end();
        } else if (inputEnded && inbox.isEmpty()) {
            target.fail(gone());
            return breakBody();
        } else if (inbox.isEmpty() && !holdsContinue) {
            due = due == NEVER ? bodyDue() : due;
        } else {
            due = NEVER; // the handler lets it wait, which is not the client's fault
        }
        return false;
    }

    /** No more of this body can be used, nor anything behind it. The response will close the connection. */
    private boolean breakBody() {
        due = NEVER;
        body = null;
        inbox.clear();
        inputBroken = true;
        return false;
    }

    /** False when the body is malformed. Without a pipe the payload is dropped. */
    private boolean decode(BodyDecoder decoder, @Nullable BodyPipe target) {
        try {
            while (!inbox.isEmpty() && !decoder.done()) {
                int at = decoder.skip(inbox.bytes(), inbox.from(), inbox.to());
                int run = decoder.run(inbox.to() - at);
                int taken = target == null ? run : target.offer(inbox.bytes(), at, run);
                if (run > 0) {
                    decoder.take(taken);
                }
                inbox.advanceTo(at + taken);
                if (taken < run) {
                    return true;
                }
            }
            return true;
        } catch (MalformedException e) {
            return false;
        }
    }

    private boolean discard() {
        BodyDecoder decoder = Objects.requireNonNull(body);
        if (!decode(decoder, null) || (inputEnded && !decoder.done())) {
            closeAfterFlush();
        } else if (decoder.done()) {
            becomeIdle();
            return true;
        }
        return false;
    }

    private boolean dropAll() {
        inbox.clear();
        if (inputEnded && outputEnded) {
            outlet.cut();
        }
        return false;
    }

    // ---- responses: event loop

    /** The last bytes of a response. Takes over the buffer. */
    private void complete(Exchange ended, ByteBuf bytes, boolean close) {
        if (exchange != ended) {
            bytes.release(); // the connection closed meanwhile
            return;
        }
        exchange = null;
        if (pipe != null) {
            pipe.fail(new IOException("the rest of the request body was dropped when the response ended"));
            pipe = null;
        }
        respond(bytes, close || inputBroken);
        advance();
    }

    /** Answers without a handler. */
    private void refuse(Refusal refusal, String detail, boolean close) {
        RefusalRenderer.Page page = serving.spec().refusals().render(refusal, detail);
        Headers headers = Headers.of("content-type", page.contentType());
        int minor = head == null ? 1 : head.minorVersion();
        boolean last = close || head == null || !head.persistent() || draining();
        byte[] start = responseHead(minor, refusal.status(), headers, page.body().length, last);
        ByteBuf bytes = outlet.buffer(start.length + page.body().length).writeBytes(start);
        respond(head != null && head.isHead() ? bytes : bytes.writeBytes(page.body()), last);
    }

    private void respond(ByteBuf bytes, boolean close) {
        if (close) {
            phase = Phase.LINGERING;
            due = NEVER;
            outlet.writeThen(bytes, this::linger);
        } else {
            outlet.write(bytes);
            if (body != null && !body.done()) {
                phase = Phase.DISCARDING;
                due = bodyDue();
            } else {
                becomeIdle();
            }
        }
    }

    private void becomeIdle() {
        phase = Phase.IDLE;
        due = System.nanoTime() + limits().idle().toNanos();
        head = null;
        body = null;
        pipe = null;
        holdsContinue = false;
    }

    /**
     * Closes our half and waits for the client to close its own: closing at once while it still sends would make the
     * kernel reset the connection and take the response away from it.
     */
    private void linger() {
        if (inputEnded || !channel.isActive()) {
            outlet.cut();
            return;
        }
        due = System.nanoTime() + limits().linger().toNanos();
        outlet.end();
        outputEnded = true;
        inbox.clear();
        channel.config().setAutoRead(true);
    }

    private void closeAfterFlush() {
        phase = Phase.LINGERING;
        due = NEVER;
        outlet.closeAfterFlush();
    }

    // ---- time: event loop, called by the sweeper

    void sweep(long now) {
        if (outlet.stalled(now)) {
            outlet.cut();
            return;
        }
        if (due != NEVER && now - due >= 0) {
            expire();
        }
    }

    private void expire() {
        switch (phase) {
            case IDLE, DISCARDING, LINGERING -> outlet.cut();
            case HEAD -> refuse(Refusal.TOO_SLOW, "the request did not arrive in time", true);
            case GATHERING -> refuse(Refusal.TOO_SLOW, "the request body did not arrive in time", true);
            case RUNNING -> {
                Objects.requireNonNull(pipe)
                        .fail(new BodyException(Refusal.TOO_SLOW, "the request body did not arrive in time"));
                breakBody();
            }
            case CLOSED -> {}
        }
    }

    void closeIfIdle() {
        closeWhenIdle = true;
        advance();
    }

    private long bodyDue() {
        return System.nanoTime() + limits().bodyTime().toNanos();
    }

    // ---- for handlers: any thread

    HttpLimits limits() {
        return serving.spec().limits();
    }

    InetSocketAddress remoteAddress() {
        return channel.remoteAddress();
    }

    boolean draining() {
        return serving.admission().draining();
    }

    boolean holdsContinue() {
        return holdsContinue;
    }

    Outlet outlet() {
        return outlet;
    }

    byte[] responseHead(int minor, int status, Headers headers, long length, boolean close) {
        return ResponseHead.encode(minor, status, headers, length, close, serving.date());
    }

    /** A handler waits for the body: says so to a client that waits for it, and takes what did not fit before. */
    void wantBody() {
        outlet.execute(() -> {
            if (holdsContinue && phase == Phase.RUNNING) {
                holdsContinue = false;
                outlet.write(outlet.buffer(ResponseHead.CONTINUE.length).writeBytes(ResponseHead.CONTINUE));
            }
            advance();
        });
    }

    /** Sends a response, or its last part, and ends the exchange for this connection. */
    void finish(Exchange ended, byte[] start, byte[] content, boolean close) throws IOException {
        int sent = 0;
        byte[] first = start;
        while (content.length - sent > SLICE_BYTES) {
            outlet.awaitWritable();
            outlet.write(
                    outlet.buffer(first.length + SLICE_BYTES).writeBytes(first).writeBytes(content, sent, SLICE_BYTES));
            first = RequestBody.Whole.EMPTY.content();
            sent += SLICE_BYTES;
        }
        int from = sent;
        byte[] before = first;
        // The buffer comes from the event loop's own cache, and one task does everything: write, flush, next request.
        outlet.execute(() -> complete(
                ended,
                outlet.buffer(before.length + content.length - from)
                        .writeBytes(before)
                        .writeBytes(content, from, content.length - from),
                close));
    }

    void finish(Exchange ended, ByteBuf last, boolean close) {
        if (!outlet.execute(() -> complete(ended, last, close))) {
            last.release();
        }
    }

    private static ClientGoneException gone() {
        return new ClientGoneException("the client closed the connection");
    }
}
