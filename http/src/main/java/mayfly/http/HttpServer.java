package mayfly.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A listening HTTP/1.1 server. One owner starts it, may {@link #drain} it, and closes it. */
public final class HttpServer implements AutoCloseable {
    private static final int BACKLOG = 1024;
    private static final int WRITE_LOW_BYTES = 32 * 1024;
    private static final int WRITE_HIGH_BYTES = 64 * 1024;
    /** How long a drain still takes requests on idle connections: one may be on its way. */
    private static final Duration DRAIN_GRACE = Duration.ofMillis(100);

    /** What a drain keeps of its time for the closing handshakes of WebSockets. */
    private static final Duration SOCKETS_CLOSE = Duration.ofSeconds(2);

    private final Transport transport;
    private final Admission admission;
    private final Channel listener;
    private final Map<EventLoop, Sweeper> sweepers;
    private final AtomicBoolean closed = new AtomicBoolean();

    private HttpServer(Transport transport, Admission admission, Channel listener, Map<EventLoop, Sweeper> sweepers) {
        this.transport = transport;
        this.admission = admission;
        this.listener = listener;
        this.sweepers = sweepers;
    }

    /** Listens, and answers with the handler from now on. {@link BindException} when the address cannot be had. */
    public static HttpServer start(HttpServerSpec spec, HttpHandler handler) throws BindException {
        InetSocketAddress address = new InetSocketAddress(spec.host(), spec.port());
        if (address.isUnresolved()) {
            throw new BindException(
                    "cannot listen on " + spec.host() + ":" + spec.port() + ": unknown host; use an address of this"
                            + " machine, such as 127.0.0.1",
                    new UnknownHostException(spec.host()));
        }
        Transport transport = Transport.open(spec.loops(), spec.epoll());
        Admission admission = new Admission(spec.limits());
        Map<EventLoop, Sweeper> sweepers = new HashMap<>();
        for (EventExecutor loop : transport.group()) {
            sweepers.put((EventLoop) loop, new Sweeper((EventLoop) loop, spec.limits()));
        }
        Serving serving = new Serving(spec, handler, admission, new HttpDate());
        ChannelFuture bound =
                bootstrap(transport, serving, sweepers).bind(address).awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            transport.group().shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            throw new BindException(
                    "cannot listen on " + spec.host() + ":" + spec.port() + ": " + advice(cause, spec.port()), cause);
        }
        bound.channel().pipeline().addLast(new AcceptFailures());
        return new HttpServer(transport, admission, bound.channel(), sweepers);
    }

    private static ServerBootstrap bootstrap(Transport transport, Serving serving, Map<EventLoop, Sweeper> sweepers) {
        return new ServerBootstrap()
                .group(transport.group())
                .channel(transport.channel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.ALLOCATOR, transport.buffers())
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(512, 2048, 64 * 1024).maxMessagesPerRead(1))
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        Sweeper sweeper = Objects.requireNonNull(sweepers.get(channel.eventLoop()));
                        RequestDecoder decoder =
                                new RequestDecoder(serving.spec().limits().headerBytes());
                        Connection connection = new Connection(channel, serving, sweeper, decoder);
                        channel.pipeline().addLast(decoder, new HttpResponseEncoder(), connection);
                    }
                });
    }

    /** Where it listens, with the real port. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Open connections now, idle ones too. */
    public int connections() {
        return admission.connections();
    }

    /** Handlers running now. */
    public int exchanges() {
        return admission.exchanges();
    }

    /**
     * Stops listening, lets running exchanges end (their connections close with their response), closes idle
     * connections, and WebSockets once no exchange runs that may need one, or most of the time is over. True when nothing
     * is left before the timeout. New requests on open connections are still answered until then. Call {@link #close}
     * afterwards in any case.
     */
    public boolean drain(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        admission.drain();
        listener.close().await();
        long grace = Math.min(DRAIN_GRACE.toNanos(), timeout.toNanos() / 2);
        if (admission.awaitQuiet(System.nanoTime() + grace)) {
            return true;
        }
        sweepers.values().forEach(Sweeper::closeIdle);
        long kept = Math.min(SOCKETS_CLOSE.toNanos(), timeout.toNanos() / 2);
        admission.awaitNoExchange(deadline - kept);
        sweepers.values().forEach(Sweeper::closeSockets);
        return admission.awaitQuiet(deadline);
    }

    /** Stops at once: connections are cut, and handlers that still run find their client gone. Again: does nothing. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        admission.drain();
        listener.close().awaitUninterruptibly();
        sweepers.values().forEach(Sweeper::closeAll);
        transport.group().shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private static String advice(Throwable cause, int port) {
        String message = String.valueOf(cause.getMessage());
        if (message.contains("in use")) {
            return "another process listens there; stop it or choose another port (0 takes any free one)";
        }
        if (message.contains("ermission")) {
            return "not permitted" + (port < 1024 ? "; ports below 1024 need root, choose a higher one" : "");
        }
        if (message.contains("assign")) {
            return "this machine does not have that address; use one it has, such as 127.0.0.1";
        }
        return message;
    }

    /** Behind Netty's acceptor, which after a failure waits a second before it tries again. */
    private static final class AcceptFailures extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            try {
                String advice = "cannot accept connections, trying again in 1 s: " + cause.getMessage()
                        + "; if files ran out, raise the limit (ulimit -n)";
                System.getLogger("mayfly.http").log(System.Logger.Level.WARNING, advice);
            } catch (Throwable e) {
                // Without a free descriptor logging itself may fail (it did: the time zone file); thrown further, that
                // would end the event loop.
                cause.addSuppressed(e);
            }
        }
    }
}
