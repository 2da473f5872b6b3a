package mayfly.checks.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import mayfly.machine.Connection;
import mayfly.machine.ConnectionListener;

/**
 * A client of HTTP on a thread of its own, and the accepted end of its connection.
 *
 * @param answer everything that came until the end of the connection; "" when it was reset
 */
record Talk(FutureTask<String> answer, Connection connection) {
    private static final int PATIENCE_MILLIS = 60_000;

    /** What a client does with its connection. */
    @FunctionalInterface
    interface Client {
        String talk(Socket socket) throws IOException;
    }

    static ConnectionListener listener() throws IOException {
        return ConnectionListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 128);
    }

    /** Requests, the last of which asks for the end. */
    static Talk begin(ConnectionListener listener, String... paths) throws Exception {
        return begin(listener, socket -> {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < paths.length; i++) {
                requests.append("GET ").append(paths[i]).append(" HTTP/1.1\r\nHost: x\r\n");
                requests.append(i == paths.length - 1 ? "Connection: close\r\n\r\n" : "\r\n");
            }
            socket.getOutputStream().write(requests.toString().getBytes(StandardCharsets.US_ASCII));
            return rest(socket.getInputStream());
        });
    }

    static Talk begin(ConnectionListener listener, Client client) throws Exception {
        String address = listener.address();
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        FutureTask<String> answer = new FutureTask<>(() -> {
            try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
                socket.setSoTimeout(PATIENCE_MILLIS);
                return client.talk(socket);
            } catch (SocketException reset) { // hung up on before the request was read
                return "";
            }
        });
        Thread.ofPlatform().start(answer);
        return new Talk(answer, Objects.requireNonNull(listener.accept()));
    }

    static String rest(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
}
