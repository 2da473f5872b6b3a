package mayfly.checks.services;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import mayfly.node.ServiceShell;

/** One connection of an HTTP client. */
final class Client implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;
    private final InputStream answers;

    private Client(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(PATIENCE_MILLIS);
        answers = socket.getInputStream();
    }

    static Client of(ServiceShell service) throws IOException {
        String address = service.address();
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        return new Client(new Socket(InetAddress.ofLiteral("127.0.0.1"), port));
    }

    /** A connection with one request; what is answered. */
    static String once(ServiceShell service, String path) throws IOException {
        try (Client client = of(service)) {
            return client.get(path);
        }
    }

    void ask(String path) throws IOException {
        String request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    /** The body of the next answer; "" when the connection ended instead. */
    String answer() throws IOException {
        int length = 0;
        for (String line = line(); !line.isEmpty(); line = line()) {
            if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring("Content-Length: ".length()));
            }
        }
        return new String(answers.readNBytes(length), StandardCharsets.US_ASCII);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        try {
            for (int c = answers.read(); c != '\n' && c >= 0; c = answers.read()) {
                if (c != '\r') {
                    line.append((char) c);
                }
            }
        } catch (SocketException reset) { // hung up on with what it sent unread
            return "";
        }
        return line.toString();
    }

    String get(String path) throws IOException {
        ask(path);
        return answer();
    }

    /** Ends the connection before its block does. */
    void hangUp() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
