package mayfly.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;

/**
 * One WebSocket on the server's side: joins messages, answers pings, closes in order, and keeps a client to its limits.
 * Its event loop owns every field.
 */
final class WebSocketConnection extends Peer {
    /** What a message that is not whole yet may take without being counted. */
    private static final int UNCOUNTED_BYTES = 4096;

    private enum Stage {
        OPEN,
        /** Our close frame is sent; the client's is awaited. */
        CLOSING,
        /** The client broke a rule and was told so; what it sends is dropped until it closes. */
        DROPPING,
        CLOSED
    }

    private final WebSocketSpec spec;
    private final WebSocketListener listener;
    private final WebSocket socket;
    private final WebSocketDecoder decoder;
    private final MessageJoiner message;

    private Stage stage = Stage.OPEN;
    private boolean told;
    private boolean inputEnded;
    private boolean reading = true;
    private boolean pinged;
    private long heardAt = System.nanoTime();
    private long due;
    private int countedBytes;

    WebSocketConnection(Connection before, WebSocketSpec spec, WebSocketListener listener) {
        super(before.channel, before.serving, before.sweeper);
        this.spec = spec;
        this.listener = listener;
        this.socket = new WebSocket(this, spec.queuedBytes());
        this.decoder = new WebSocketDecoder(spec.messageBytes());
        this.message = new MessageJoiner(spec.messageBytes());
    }

    WebSocket socket() {
        return socket;
    }

    /** Takes the socket over from its {@link Connection}, unless the client was gone before. */
    void begin(boolean clientHere, boolean inputAtEnd) {
        if (!clientHere) {
            stage = Stage.CLOSED;
            tell(CloseCode.CUT, "");
            return;
        }
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(decoder, new WebSocket13FrameEncoder(false), this);
        pipeline.remove(Connection.class);
        pipeline.remove(io.netty.handler.codec.http.HttpResponseEncoder.class);
        try {
            listener.opened(socket);
        } catch (Throwable e) {
            failed(e);
        }
        pipeline.remove(RequestDecoder.class); // which hands on what the client sent ahead
        if (inputAtEnd) {
            endOfInput();
        } else {
            channel.config().setAutoRead(reading);
        }
    }

    // ---- news from the socket

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object input) {
        try {
            heardAt = System.nanoTime();
            pinged = false;
            if (input instanceof WebSocketFrame frame) {
                take(frame);
            }
        } finally {
            ReferenceCountUtil.release(input);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        int held = stage == Stage.OPEN ? decoder.heldBytes() + message.heldBytes() : 0;
        int counted = held <= UNCOUNTED_BYTES ? 0 : held;
        if (counted == countedBytes) {
            return;
        }
        if (countedBytes == 0) {
            due = System.nanoTime() + limits().bodyTime().toNanos();
        }
        boolean room = serving.admission().holdMessages(counted - countedBytes);
        countedBytes = counted;
        if (!room) {
            fail(CloseCode.TRY_LATER, "too many large messages at once");
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            endOfInput();
        }
    }

    private void endOfInput() {
        inputEnded = true;
        tell(CloseCode.CUT, "");
        outlet.cut();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stage = Stage.CLOSED;
        serving.admission().holdMessages(-countedBytes);
        countedBytes = 0;
        sweeper.remove(this);
        serving.admission().leaveConnection();
        tell(CloseCode.CUT, "");
        socket.forget();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        switch (cause instanceof DecoderException wrapped && wrapped.getCause() != null ? wrapped.getCause() : cause) {
            case CorruptedWebSocketFrameException e -> fail(e.closeStatus().code(), String.valueOf(e.getMessage()));
            case TooLongFrameException _ -> tooBig();
            case IOException _ -> outlet.cut();
            case Throwable e -> failed(e);
        }
    }

    private void failed(Throwable cause) {
        System.getLogger("mayfly.http").log(System.Logger.Level.ERROR, "a WebSocket's listener failed", cause);
        fail(CloseCode.FAILED, "internal error");
    }

    // ---- frames

    private void take(WebSocketFrame frame) {
        if (stage == Stage.CLOSING && frame instanceof CloseWebSocketFrame close) {
            closedByClient(close);
        }
        if (stage != Stage.OPEN) {
            return;
        }
        switch (frame) {
            case PingWebSocketFrame ping -> {
                if (outlet.isWritable()) { // a client that takes nothing gets no further answers
                    outlet.write(new PongWebSocketFrame(ping.content().retain()));
                }
            }
            case PongWebSocketFrame _ -> {}
            case CloseWebSocketFrame close -> closedByClient(close);
            case TextWebSocketFrame text -> begin(text, true);
            case BinaryWebSocketFrame binary -> begin(binary, false);
            case ContinuationWebSocketFrame next -> join(next);
            default -> throw new AssertionError("not from our decoder: " + frame.getClass());
        }
    }

    private void begin(WebSocketFrame first, boolean isText) {
        message.begin(isText);
        join(first);
    }

    private void join(WebSocketFrame fragment) {
        if (!message.add(fragment.content(), fragment.isFinalFragment())) {
            tooBig();
            return;
        }
        if (!fragment.isFinalFragment()) {
            return;
        }
        byte[] whole = message.take();
        if (!message.isText()) {
            listener.binary(whole);
        } else if (MessageJoiner.isUtf8(whole)) {
            listener.text(whole);
        } else {
            fail(CloseCode.NOT_UTF8, "a text message is not UTF-8");
        }
    }

    private void tooBig() {
        fail(CloseCode.TOO_BIG, "a message is over " + spec.messageBytes() + " bytes");
    }

    // ---- closing

    private void closedByClient(CloseWebSocketFrame close) {
        int code = close.statusCode() < 0 ? CloseCode.NONE : close.statusCode();
        String reason = close.reasonText();
        if (code != CloseCode.NONE && !CloseCode.sendable(code)) {
            fail(CloseCode.PROTOCOL_ERROR, "a close frame cannot carry " + code);
            return;
        }
        flush(); // which may have been about to close it
        if (stage == Stage.OPEN) {
            socket.end();
            outlet.write(code == CloseCode.NONE ? new CloseWebSocketFrame() : new CloseWebSocketFrame(code, reason));
        }
        stage = Stage.CLOSED;
        tell(code, reason);
        outlet.closeAfterFlush();
    }

    /** Tells the client what it did wrong, and drops what it still sends: closing at once could destroy the answer. */
    private void fail(int code, String reason) {
        if (stage == Stage.DROPPING || stage == Stage.CLOSED) {
            return;
        }
        boolean tellClient = stage == Stage.OPEN;
        stage = Stage.DROPPING;
        socket.end();
        due = System.nanoTime() + spec.closeTime().toNanos();
        if (channel.pipeline().get(WebSocketDecoder.class) != null) {
            channel.pipeline().remove(decoder);
        }
        message.take();
        if (tellClient) {
            outlet.writeThen(new CloseWebSocketFrame(code, CloseCode.reason(reason)), outlet::end);
        } else {
            outlet.end();
        }
        read(true);
        tell(code, reason);
    }

    void overflowed() {
        fail(CloseCode.FAILED, "the client takes too little of what is sent");
    }

    private void tell(int code, String reason) {
        if (!told) {
            told = true;
            socket.end();
            listener.closed(code, reason);
        }
    }

    // ---- for the socket: event loop

    /** Writes what waits. */
    @SuppressWarnings("FutureReturnValueIgnored") // the void promise reports failures to exceptionCaught
    void flush() {
        socket.beginFlush();
        boolean wrote = false;
        for (WebSocketFrame frame = socket.next(); frame != null; frame = socket.next()) {
            if (stage != Stage.OPEN) {
                continue;
            }
            wrote = true;
            channel.write(frame, channel.voidPromise());
            if (frame instanceof CloseWebSocketFrame) {
                stage = Stage.CLOSING;
                due = System.nanoTime() + spec.closeTime().toNanos();
                read(true);
            }
        }
        if (wrote) {
            channel.flush();
        }
    }

    void read(boolean on) {
        reading = on || stage != Stage.OPEN;
        heardAt = System.nanoTime();
        // Not after the end: epoll may have forgotten the socket, and Netty fails when it asks to read on.
        if (!inputEnded && stage != Stage.CLOSED) {
            channel.config().setAutoRead(reading);
        }
    }

    // ---- time: event loop, called by the sweeper

    @Override
    void sweep(long now) {
        long quiet = spec.quiet().toNanos();
        boolean over = switch (stage) {
            case OPEN -> (countedBytes > 0 && reading && now - due >= 0) || (reading && now - heardAt >= 2 * quiet);
            case CLOSING, DROPPING -> now - due >= 0;
            case CLOSED -> false;
        };
        if (over || outlet.stalled(now)) {
            outlet.cut();
        } else if (stage == Stage.OPEN && reading && !pinged && now - heardAt >= quiet) {
            pinged = true;
            outlet.write(new PingWebSocketFrame(Unpooled.EMPTY_BUFFER));
        }
    }

    @Override
    void closeIfIdle() {
        // Whether it is idle its listener knows; requests may depend on it.
    }

    @Override
    void goAway() {
        socket.close(CloseCode.GOING_AWAY, "the server stops");
    }
}
