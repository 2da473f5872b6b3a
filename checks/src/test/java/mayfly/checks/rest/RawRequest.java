package mayfly.checks.rest;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Bytes on a connection, for what a proper client would not send. */
final class RawRequest implements AutoCloseable {
    private final Socket socket;

    RawRequest(ChildNode node) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), node.port());
        socket.setSoTimeout(30_000);
    }

    RawRequest send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** Everything until the node closes the connection. */
    String answer() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Vanishes, by a reset when {@code rudely}. */
    void leave(boolean rudely) throws IOException {
        socket.setSoLinger(rudely, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
