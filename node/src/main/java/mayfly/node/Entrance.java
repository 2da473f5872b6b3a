package mayfly.node;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import mayfly.base.Limits;
import mayfly.machine.Connection;
import mayfly.machine.ConnectionListener;
import org.jspecify.annotations.Nullable;

/** Where a service's connections come from: a listener of the host, or a simulation. */
interface Entrance extends AutoCloseable {
    String address();

    /**
     * Blocks until a client comes.
     *
     * @return null when it was closed
     * @throws IOException the process has no descriptor or memory left; the client waits on
     */
    @Nullable
    Connection accept() throws IOException;

    /** Wakes who accepts; repeated calls do nothing. */
    @Override
    void close();

    /** Listens. */
    static Entrance open(ServiceSettings.Listen listen) throws IOException {
        return switch (listen) {
            case ServiceSettings.Listen.Tcp(var host, var port) ->
                new Host(ConnectionListener.tcp(host, port, Limits.SERVICE_BACKLOG_MAX), null);
            case ServiceSettings.Listen.Unix(var path) -> {
                removeAbandoned(path);
                yield new Host(ConnectionListener.unix(path, Limits.SERVICE_BACKLOG_MAX), path);
            }
        };
    }

    /** What a killed process left there listens no more; anything else stays, and is in the way. */
    private static void removeAbandoned(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                || !Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther()) {
            return;
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobodyListens) {
            Files.delete(path);
        }
    }

    /**
     * A listener of the host.
     *
     * @param file of a Unix socket, removed at the end
     */
    record Host(ConnectionListener listener, @Nullable Path file) implements Entrance {
        @Override
        public String address() {
            return listener.address();
        }

        @Override
        public @Nullable Connection accept() throws IOException {
            return listener.accept();
        }

        @Override
        public void close() {
            listener.close();
            if (file != null) {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    System.getLogger("mayfly.node")
                            .log(System.Logger.Level.WARNING, "the socket " + file + " could not be removed", e);
                }
            }
        }
    }
}
