package mayfly.checks.npm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Passes bytes between a runner and a node, until it is told to cut. */
final class CutProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final int to;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    /** Whether those who connect are cut as well. */
    volatile boolean away;

    CutProxy(int to) throws IOException {
        this.to = to;
        this.listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listener.accept();
                if (away) {
                    near.close();
                    continue;
                }
                Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                sockets.add(near);
                sockets.add(far);
                Thread.ofVirtual().start(() -> pass(near, far));
                Thread.ofVirtual().start(() -> pass(far, near));
            }
        } catch (IOException e) {
            cut(); // closed
        }
    }

    private void pass(Socket from, Socket into) {
        try (from;
                into) {
            InputStream in = from.getInputStream();
            OutputStream out = into.getOutputStream();
            in.transferTo(out);
        } catch (IOException e) {
            // The other direction, or a cut, closed it.
        }
    }

    /** Resets every connection. */
    void cut() {
        List<Socket> all = List.copyOf(sockets);
        all.forEach(sockets::remove);
        for (Socket socket : all) {
            try {
                socket.setSoLinger(true, 0);
                socket.close();
            } catch (IOException e) {
                // It was closed already.
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }
}
