package mayfly.http;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.time.ZoneId;
import java.util.Objects;

/** How bytes move: event loops, the kind of channel, and the buffers, kept small because most connections are idle. */
record Transport(EventLoopGroup group, Class<? extends ServerSocketChannel> channel, PooledByteBufAllocator buffers) {
    private static final int PAGE_BYTES = 8192;
    /** Chunks of 8 KiB << 4 = 128 KiB: what a loop takes from the system at a time. */
    private static final int CHUNK_ORDER = 4;

    static {
        // Logging and dates read the files of time zones once. When no descriptor is free just then, no line can be
        // logged ever after, and Netty's event loops end when their own logging throws. So they are read now.
        Objects.requireNonNull(ZoneId.systemDefault().getRules());
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        if (System.getProperty("io.netty.leakDetection.level") == null) {
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
    }

    static Transport open(int loops, boolean wantEpoll) {
        boolean epoll = wantEpoll && Epoll.isAvailable();
        var threads = new DefaultThreadFactory("http", true);
        var group = new MultiThreadIoEventLoopGroup(
                loops, threads, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        // No caches for threads that are not event loops: a virtual thread lives for one request.
        var buffers = new PooledByteBufAllocator(true, 0, loops, PAGE_BYTES, CHUNK_ORDER, 64, 8, false, 0);
        return new Transport(group, epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class, buffers);
    }
}
