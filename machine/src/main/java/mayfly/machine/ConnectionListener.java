package mayfly.machine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import mayfly.linux.ErrnoException;
import mayfly.linux.StreamListener;
import mayfly.linux.StreamSocket;
import org.jspecify.annotations.Nullable;

/** Where clients of a service connect. */
public final class ConnectionListener implements AutoCloseable {
    private final StreamListener listener;
    private final String address;

    private ConnectionListener(StreamListener listener, String address) {
        this.listener = listener;
        this.address = address;
    }

    /**
     * Listens on TCP.
     *
     * @param port 0 for any that is free
     * @param backlog connections that the kernel keeps while nobody accepts
     * @throws IOException it is in use, or not allowed
     */
    public static ConnectionListener tcp(InetAddress host, int port, int backlog) throws IOException {
        try {
            StreamListener listener = StreamListener.tcp(host, port, backlog);
            InetSocketAddress at = listener.local();
            int real = at == null ? port : at.getPort();
            String text = host.getHostAddress();
            return new ConnectionListener(listener, (text.contains(":") ? "[" + text + "]" : text) + ":" + real);
        } catch (ErrnoException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /**
     * Makes a Unix socket at a path where nothing is.
     *
     * @throws IOException there is a file, or the path is too long or not writable
     */
    public static ConnectionListener unix(Path path, int backlog) throws IOException {
        try {
            return new ConnectionListener(StreamListener.unix(path, backlog), "unix:" + path);
        } catch (ErrnoException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** "127.0.0.1:8080" or "unix:/path". */
    public String address() {
        return address;
    }

    /**
     * Waits for a client; holds a platform thread.
     *
     * @return null when the listener was closed
     * @throws IOException the process has no descriptor or memory left; the client waits on
     */
    public @Nullable Connection accept() throws IOException {
        try {
            StreamSocket socket = listener.accept();
            return socket == null ? null : new Connection(socket);
        } catch (ErrnoException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Wakes who accepts. The file of a Unix socket stays. */
    @Override
    public void close() {
        listener.close();
    }
}
