package mayfly.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers like a node would, as told by the test, and remembers what it was asked. One request per connection. */
final class FakeNode implements AutoCloseable {
    interface Reply {
        void to(Exchange exchange) throws IOException;
    }

    /**
     * What a caller sent.
     *
     * @param line method and path with query
     * @param headers names in lower case
     */
    record Asked(String line, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, UTF_8);
        }
    }

    /** One request being answered. */
    record Exchange(Asked asked, OutputStream out) {
        String query() {
            return asked.line().substring(asked.line().indexOf('?') + 1);
        }

        /** @param length of the body; negative for chunks */
        void head(int status, String type, int length) throws IOException {
            String framing = length < 0 ? "Transfer-Encoding: chunked" : "Content-Length: " + length;
            write("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\n" + framing + "\r\n\r\n");
        }

        void write(String text) throws IOException {
            out.write(text.getBytes(UTF_8));
            out.flush();
        }

        void send(int status, String type, String body) throws IOException {
            head(status, type, body.getBytes(UTF_8).length);
            write(body);
        }
    }

    final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final ServerSocket server;

    FakeNode() throws IOException {
        server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    FakeNode on(String line, Reply reply) {
        replies.put(line, reply);
        return this;
    }

    static Reply json(int status, String body) {
        return exchange -> exchange.send(status, "application/json", body);
    }

    static Reply problem(int status, String code, String detail) {
        return json(status, """
                {"type":"urn:mayfly:error:%s","title":"T","status":%d,"detail":"%s","code":"%s"}""".formatted(code, status, detail, code));
    }

    /** Sent in pieces, without a length. */
    static Reply chunks(String... pieces) {
        return exchange -> {
            exchange.head(200, "application/octet-stream", -1);
            for (String piece : pieces) {
                exchange.write(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
            }
            exchange.write("0\r\n\r\n");
        };
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.ofPlatform().daemon().start(() -> answer(socket));
            }
        } catch (IOException e) {
            // closed: the test is over
        }
    }

    private void answer(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            String line = line(in).replaceAll(" HTTP/1.1$", "");
            Map<String, String> headers = new HashMap<>();
            for (String header = line(in); !header.isEmpty(); header = line(in)) {
                String[] parts = header.split(": ", 2);
                headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
            }
            int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
            Asked request = new Asked(line, headers, in.readNBytes(length));
            asked.add(request);
            Reply reply = replies.getOrDefault(
                    line.replaceAll("\\?.*", ""), problem(404, "route.not_found", "no such path " + line));
            reply.to(new Exchange(request, socket.getOutputStream()));
        } catch (IOException e) {
            // the command under test went away
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n' && b >= 0; b = in.read()) {
            line.append(new String(new byte[] {(byte) b}, ISO_8859_1));
        }
        return line.toString().stripTrailing();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
