package mayfly.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One client connection: takes requests one after the other and writes their responses. Its event loop owns every field
 * that is not marked otherwise; handlers reach it through the methods at the end, which any thread may call.
 *
 * <p>One exchange at a time: while it runs, at most {@link #readAheadMax} bytes of later requests are read (reading on
 * is how a client that leaves is noticed), and the next request starts only when the last response is on its way.
 */
final class Connection extends Peer {
    /** A body up to this size is gathered first, so that slow clients cost no handler. */
    private static final int GATHERED_BYTES_MAX = 16 * 1024;
    /** Connections over the limit that are told so; even more are closed without a word. */
    private static final int REFUSED_CONNECTIONS_MAX = 128;

    private static final long NANOS_PER_BODY_BYTE = 1_000_000;
    private static final long NEVER = Long.MAX_VALUE;

    private final RequestDecoder decoder;
    private final int readAheadMax;
    private final Intake intake = new Intake();

    private Phase phase = Phase.IDLE;
    private long due = NEVER;
    private boolean inputEnded;
    private boolean inputBroken;
    private boolean outputEnded;
    private boolean closeWhenIdle;
    private @Nullable RequestHead head;
    private @Nullable Exchange exchange;

    Connection(SocketChannel channel, Serving serving, Sweeper sweeper, RequestDecoder decoder) {
        super(channel, serving, sweeper);
        this.decoder = decoder;
        this.readAheadMax = limits().headerBytes() + 2 * GATHERED_BYTES_MAX;
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
        switch (message) {
            case RequestHead request -> begin(request);
            case HttpContent content -> {
                try {
                    take(content.content(), content instanceof LastHttpContent);
                } finally {
                    content.release();
                }
            }
            case MalformedException malformed -> refuse(malformed);
            default -> throw new AssertionError("not from our decoder: " + message.getClass());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        settle();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputEnded = true;
            if (exchange != null) {
                exchange.markGone();
            }
            settle();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        outlet.wake();
        if (phase == Phase.IDLE && decoder.held() && outlet.isWritable()) {
            resume();
            settle();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        phase = Phase.CLOSED;
        intake.fail(new ClientGoneException());
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

    /** After every piece of news: what follows from there being no more of them for now. */
    private void settle() {
        if (phase == Phase.IDLE && decoder.begun()) {
            phase = Phase.HEAD;
            due = System.nanoTime() + limits().headTime().toNanos();
        }
        if (inputEnded && !decoder.held()) {
            endOfInput();
        } else if (closeWhenIdle && phase == Phase.IDLE && decoder.buffered() == 0) {
            closeAfterFlush();
        }
        boolean read = decoder.buffered() < readAheadMax;
        // Not after the end: epoll may have forgotten the socket, and Netty fails when it asks to read on.
        if (!inputEnded && phase != Phase.CLOSED && channel.config().isAutoRead() != read) {
            channel.config().setAutoRead(read);
        }
    }

    private void endOfInput() {
        switch (phase) {
            case IDLE, HEAD, GATHERING, DISCARDING -> closeAfterFlush();
            case RUNNING -> breakBody(new ClientGoneException());
            case LINGERING -> {
                if (outputEnded) {
                    outlet.cut();
                }
            }
            case UPGRADED, CLOSED -> {}
        }
    }

    // ---- requests: event loop

    private void begin(RequestHead request) {
        if (phase.compareTo(Phase.HEAD) > 0) {
            return; // refused before it could say anything
        }
        head = request;
        long length = request.bodyLength();
        if (length == 0 || (length > 0 && length <= GATHERED_BYTES_MAX && !request.expectsContinue())) {
            phase = Phase.GATHERING;
            due = length == 0 ? NEVER : bodyDue();
            return;
        }
        BodyPipe pipe = intake.open(request.expectsContinue());
        dispatch(request, new RequestBody.Arriving(this, pipe, length));
        if (phase == Phase.RUNNING && !request.expectsContinue()) {
            due = bodyDue();
        }
    }

    /** A piece of the request's body. */
    private void take(ByteBuf bytes, boolean last) {
        if (due != NEVER) {
            due = Math.min(due + bytes.readableBytes() * NANOS_PER_BODY_BYTE, bodyDue());
        }
        switch (phase) {
            case GATHERING -> {
                intake.gather(bytes);
                if (last) {
                    dispatch(Objects.requireNonNull(head), new RequestBody.Whole(intake.takeGathered()));
                }
            }
            case RUNNING -> feed(bytes, last);
            case DISCARDING -> {
                if (last) {
                    intake.end();
                    becomeIdle();
                }
            }
            case IDLE, HEAD, LINGERING, UPGRADED, CLOSED -> {}
        }
    }

    private void dispatch(RequestHead request, RequestBody content) {
        due = NEVER;
        if (!serving.admission().enterExchange()) {
            refuse(Refusal.OVERLOADED, "too many requests at once; try again later", intake.arriving());
            return;
        }
        phase = Phase.RUNNING;
        exchange = new Exchange(this, request, content);
        if (inputEnded) {
            exchange.markGone();
        }
        serving.dispatch(exchange);
    }

    /** Gives arrived bytes to the handler, and lets the rest wait when it reads too slowly. */
    private void feed(ByteBuf bytes, boolean last) {
        boolean full = intake.feed(bytes);
        if (last) {
            due = NEVER;
            intake.end();
        } else if (full) {
            due = NEVER; // the handler lets it wait, which is not the client's fault
            decoder.hold();
        } else {
            due = due == NEVER ? bodyDue() : due;
        }
    }

    /** No more of this body can be used, nor anything behind it. The response will close the connection. */
    private void breakBody(IOException why) {
        intake.fail(why);
        due = NEVER;
        inputBroken = true;
        decoder.drop();
    }

    private void resume() {
        if (decoder.resume()) {
            channel.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER);
        }
    }

    // ---- responses: event loop

    /** The last bytes of a response. */
    private void complete(Exchange ended, LastHttpContent end, boolean close) {
        if (exchange != ended) {
            end.release(); // the connection closed meanwhile
            return;
        }
        exchange = null;
        intake.close();
        respond(end, close || inputBroken);
        settle();
    }

    private void refuse(MalformedException malformed) {
        switch (phase) {
            case IDLE, HEAD, GATHERING -> refuse(malformed.refusal(), String.valueOf(malformed.getMessage()), true);
            case RUNNING -> breakBody(new BodyException(Refusal.MALFORMED, String.valueOf(malformed.getMessage())));
            case DISCARDING -> closeAfterFlush();
            case LINGERING, UPGRADED, CLOSED -> {}
        }
    }

    /** Answers without a handler. */
    private void refuse(Refusal refusal, String detail, boolean close) {
        boolean last = close || head == null || !head.persistent() || serving.draining();
        respond(serving.refusal(head, refusal, detail, last), last);
    }

    private void respond(LastHttpContent end, boolean close) {
        if (close) {
            phase = Phase.LINGERING;
            due = NEVER;
            decoder.drop();
            outlet.writeThen(end, this::linger);
            return;
        }
        outlet.write(end);
        if (intake.arriving()) {
            phase = Phase.DISCARDING;
            due = bodyDue();
            resume();
        } else {
            becomeIdle();
        }
    }

    private void becomeIdle() {
        phase = Phase.IDLE;
        due = System.nanoTime() + limits().idle().toNanos();
        head = null;
        if (outlet.isWritable()) { // a client that takes no responses gets no further ones
            resume();
        }
    }

    /** Tells the client that this was all, and waits until it has read that: closing now could destroy the answer. */
    private void linger() {
        if (inputEnded || !channel.isActive()) {
            outlet.cut();
            return;
        }
        due = System.nanoTime() + limits().linger().toNanos();
        outlet.end();
        outputEnded = true;
        channel.config().setAutoRead(true);
    }

    private void closeAfterFlush() {
        phase = Phase.LINGERING;
        due = NEVER;
        decoder.drop();
        outlet.closeAfterFlush();
    }

    // ---- time: event loop, called by the sweeper

    @Override
    void sweep(long now) {
        if (outlet.stalled(now)) {
            outlet.cut();
        } else if (due != NEVER && now - due >= 0) {
            expire();
        }
    }

    private void expire() {
        switch (phase) {
            case IDLE, DISCARDING, LINGERING -> outlet.cut();
            case HEAD, GATHERING -> refuse(Refusal.TOO_SLOW, "the request did not arrive in time", true);
            case RUNNING -> breakBody(new BodyException(Refusal.TOO_SLOW, "the request body did not arrive in time"));
            case UPGRADED, CLOSED -> {}
        }
    }

    @Override
    void closeIfIdle() {
        closeWhenIdle = true;
        settle();
    }

    @Override
    void goAway() {
        closeIfIdle();
    }

    private long bodyDue() {
        return System.nanoTime() + limits().bodyTime().toNanos();
    }

    // ---- for handlers: any thread

    boolean holdsContinue() {
        return intake.holdsContinue();
    }

    /** A handler waits for the body: says so to a client that waits for it, and takes what did not fit before. */
    void wantBody() {
        outlet.execute(() -> {
            if (phase != Phase.RUNNING || !intake.arriving()) {
                return;
            }
            if (intake.letContinue()) {
                outlet.write(ResponseHead.goOn());
            }
            due = due == NEVER ? bodyDue() : due;
            resume();
            settle();
        });
    }

    /** Sends a response, or its last part when {@code start} went before, and ends the exchange for this connection. */
    void finish(Exchange ended, @Nullable HttpResponse start, ByteBuf content, boolean close) throws IOException {
        LastHttpContent end = outlet.writeAllButEnd(start, content);
        // One task does everything: encode, write, flush, next request.
        outlet.execute(() -> complete(ended, end, close));
    }

    /** Hands the socket over to a WebSocket, whose exchange ends here, unless the client is gone. */
    void upgrade(Exchange ended, WebSocketConnection successor, HttpResponse switching) {
        outlet.execute(() -> {
            boolean here = exchange == ended;
            if (here) {
                exchange = null;
                phase = Phase.UPGRADED;
                sweeper.replace(this, successor);
                outlet.write(switching);
            }
            successor.begin(here, inputEnded);
        });
    }
}
