package mayfly.http;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;

/** The client at the other end of one socket, whatever is spoken over it. Its event loop owns it. */
abstract sealed class Peer extends ChannelInboundHandlerAdapter permits Connection, WebSocketConnection {
    /** Index in its sweeper, which owns it. */
    int slot;

    final SocketChannel channel;
    final Serving serving;
    final Sweeper sweeper;
    final Outlet outlet;

    Peer(SocketChannel channel, Serving serving, Sweeper sweeper) {
        this.channel = channel;
        this.serving = serving;
        this.sweeper = sweeper;
        this.outlet = new Outlet(channel, serving.spec().limits().writeTime());
    }

    /** Looks whether its time is over. Event loop. */
    abstract void sweep(long now);

    /** The server drains: ends a connection on which nothing is under way. Event loop. */
    abstract void closeIfIdle();

    /** The server drains: ends what would go on for ever. Event loop. */
    abstract void goAway();

    HttpLimits limits() {
        return serving.spec().limits();
    }

    InetSocketAddress remoteAddress() {
        return channel.remoteAddress();
    }

    Serving serving() {
        return serving;
    }

    Outlet outlet() {
        return outlet;
    }
}
