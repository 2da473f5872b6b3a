package mayfly.actors;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** An HTTP server that answers each connection's one request by a function and then closes it. */
final class TestEndpoint implements AutoCloseable {
    /** Writes head and body of the response. */
    @FunctionalInterface
    interface Answer {
        void write(String path, Map<String, String> headers, OutputStream out) throws IOException;
    }

    private final ServerSocket server;
    private final Answer answer;
    private final Map<Socket, Boolean> open = new ConcurrentHashMap<>();

    TestEndpoint(Answer answer) throws IOException {
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.answer = answer;
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.put(socket, true);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            String path = in.readLine().replaceAll("^\\S+ (\\S+) .*", "$1");
            Map<String, String> headers = new TreeMap<>();
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                int colon = line.indexOf(':');
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            answer.write(path, headers, socket.getOutputStream());
        } catch (IOException e) {
            // the client left, which tests do
        } finally {
            open.remove(socket);
        }
    }

    static void respond(OutputStream out, int status, String type, String body) throws IOException {
        out.write(("HTTP/1.1 " + status + " x\r\ncontent-type: " + type + "\r\nconnection: close\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open.keySet()) {
            socket.close();
        }
    }
}
