package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import mayfly.linux.DirectoryFd;
import mayfly.linux.ErrnoException;
import mayfly.linux.UnixDatagramSocket;

/**
 * Receives what monitors tell unasked. Hints only: a datagram may be lost, forged by who can write to the node's
 * directory, or be old news, so all that is taken from it is the name of a command to look at.
 */
final class MonitorReports implements AutoCloseable {
    static final String SOCKET = "hypervisor.sock";
    private static final int DATAGRAM_BYTES_MAX = 4096;
    private static final System.Logger LOG = System.getLogger(MonitorReports.class.getName());

    private final UnixDatagramSocket socket;
    private final Path file;
    private final Consumer<MonitorStatus> listener;
    private final Thread thread;

    private MonitorReports(UnixDatagramSocket socket, Path file, Consumer<MonitorStatus> listener) {
        this.socket = socket;
        this.file = file;
        this.listener = listener;
        this.thread = Thread.ofPlatform().daemon().name("monitor-reports").unstarted(this::run);
    }

    /**
     * Binds the socket in a directory that only this process uses, in place of one that an earlier process left.
     *
     * @param listener called on the receiving thread; must not block, or reports are lost
     */
    static MonitorReports open(Path directory, Consumer<MonitorStatus> listener) throws IOException {
        Path file = directory.resolve(SOCKET);
        Files.deleteIfExists(file);
        try (DirectoryFd fd = DirectoryFd.open(directory)) {
            MonitorReports reports = new MonitorReports(UnixDatagramSocket.bind(fd, SOCKET), file, listener);
            reports.thread.start();
            return reports;
        } catch (ErrnoException e) {
            throw new IOException(e);
        }
    }

    private void run() {
        byte[] buffer = new byte[DATAGRAM_BYTES_MAX];
        try {
            while (true) {
                int length = socket.receive(buffer);
                if (length < 0) {
                    return;
                }
                MonitorStatus.parse(buffer, 0, length).ifPresent(listener);
            }
        } catch (ErrnoException e) {
            LOG.log(Level.ERROR, "no more reports from monitors: changes are noticed later", e);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        Files.deleteIfExists(file);
    }
}
