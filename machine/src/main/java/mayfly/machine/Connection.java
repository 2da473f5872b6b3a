package mayfly.machine;

import java.net.InetSocketAddress;
import mayfly.linux.StreamSocket;

/** A client's connection that was accepted, on its way into a machine, which owns it from then on. */
public final class Connection implements AutoCloseable {
    private final StreamSocket socket;
    private final String peer;

    /** Takes over a connected socket. */
    public Connection(StreamSocket socket) {
        this.socket = socket;
        InetSocketAddress address = mayfly.linux.StreamListener.inet(socket.address(true));
        peer = address == null ? "unix" : address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    /** Who connected: "127.0.0.1:40000", or "unix". */
    public String peer() {
        return peer;
    }

    /** The socket itself, for drivers. */
    public StreamSocket socket() {
        return socket;
    }

    /** Hangs up; repeated calls do nothing. */
    @Override
    public void close() {
        socket.close();
    }
}
