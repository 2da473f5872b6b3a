package mayfly.gateway.rivet;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** A client that writes HTTP and WebSocket frames byte for byte. One thread reads, one writes. */
class Wire implements AutoCloseable {
    static final int TEXT = 0x81;
    static final int BINARY = 0x82;
    static final int CLOSE = 0x88;

    record Answer(int status, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    record Frame(int first, byte[] payload) {
        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        /** Of a close frame: "CODE REASON". */
        String close() {
            if (first != CLOSE) {
                throw new AssertionError("not a close frame: " + Integer.toHexString(first) + " " + text());
            }
            int code = payload.length < 2 ? 1005 : ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
            return code + " "
                    + new String(
                            payload,
                            Math.min(2, payload.length),
                            Math.max(0, payload.length - 2),
                            StandardCharsets.UTF_8);
        }
    }

    final Socket socket = new Socket();
    final InputStream in;

    Wire(InetSocketAddress address) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(address, 10_000);
        socket.setSoTimeout(20_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    Wire send(String... lines) throws IOException {
        socket.getOutputStream().write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    Wire get(String target, String... headers) throws IOException {
        return request("GET", target, new byte[0], headers);
    }

    Wire request(String method, String target, byte[] body, String... headers) throws IOException {
        String more = headers.length == 0 ? "" : "\r\n" + String.join("\r\n", headers);
        send(method + " " + target + " HTTP/1.1", "Host: 127.0.0.1", "Content-Length: " + body.length + more);
        socket.getOutputStream().write(body);
        return this;
    }

    Answer read() throws IOException {
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.merge(line.substring(0, colon), line.substring(colon + 1).strip(), (a, b) -> a + "|" + b);
        }
        if (status == 101 || status == 204) {
            return new Answer(status, headers, new byte[0]);
        }
        if (!"chunked".equals(headers.get("transfer-encoding"))) {
            return new Answer(status, headers, exactly(Integer.parseInt(headers.get("content-length"))));
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
            body.writeBytes(chunk);
        }
        return new Answer(status, headers, body.toByteArray());
    }

    byte[] chunk() throws IOException {
        byte[] chunk = exactly(Integer.parseInt(line(), 16));
        line();
        return chunk;
    }

    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("closed after '" + line + "'");
            }
            line.append((char) c);
        }
        return line.substring(0, line.length() - 1);
    }

    private byte[] exactly(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("closed within a body");
        }
        return bytes;
    }

    boolean atEnd() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return !(e instanceof java.net.SocketTimeoutException);
        }
    }

    // ---- WebSockets

    Answer upgrade(String target, String... headers) throws IOException {
        String more = headers.length == 0 ? "" : "\r\n" + String.join("\r\n", headers);
        send(
                "GET " + target + " HTTP/1.1",
                "Host: 127.0.0.1",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" + more);
        return read();
    }

    synchronized Wire frame(int first, byte[] payload) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + 16);
        out.write(first);
        if (payload.length < 126) {
            out.write(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            out.write(0xfe);
            out.write(payload.length >> 8);
            out.write(payload.length);
        } else {
            out.write(0xff);
            for (int shift = 56; shift >= 0; shift -= 8) {
                out.write((int) ((long) payload.length >> shift));
            }
        }
        out.writeBytes(new byte[4]); // a mask of zeros changes nothing
        out.writeBytes(payload);
        socket.getOutputStream().write(out.toByteArray());
        return this;
    }

    Wire text(String text) throws IOException {
        return frame(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    Frame frame() throws IOException {
        int first = in.read();
        if (first < 0) {
            throw new EOFException("no frame");
        }
        long length = in.read();
        if (length >= 126) {
            int bytes = length == 126 ? 2 : 8;
            length = 0;
            for (int i = 0; i < bytes; i++) {
                length = (length << 8) | in.read();
            }
        }
        return new Frame(first, exactly((int) length));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
