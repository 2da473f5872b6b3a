package mayfly.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** A WebSocket client that sends exactly the frames it is told to and reads frames strictly. */
final class RawWebSocket implements AutoCloseable {
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    static final int FIN = 0x80;

    static final String[] HANDSHAKE = {
        "GET /socket HTTP/1.1",
        "Host: test",
        "Connection: keep-alive, Upgrade",
        "Upgrade: WebSocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    };

    record Frame(int first, byte[] payload) {
        int code() {
            return ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
        }

        String reason() {
            return new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
        }

        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }
    }

    final RawClient client;

    RawWebSocket(InetSocketAddress address) throws IOException {
        client = new RawClient(address);
        client.send(RawClient.head(HANDSHAKE));
        RawClient.Response answer = client.read();
        if (answer.status() != 101) {
            throw new IOException("not upgraded: " + answer.status() + " " + answer.text());
        }
    }

    RawWebSocket send(int first, byte[] payload) throws IOException {
        client.send(frame(first, payload));
        return this;
    }

    RawWebSocket send(int first, String payload) throws IOException {
        return send(first, payload.getBytes(StandardCharsets.UTF_8));
    }

    /** A masked frame. */
    static byte[] frame(int first, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] mask = {1, 2, 3, 4};
        head(out, first, 0x80, payload.length);
        out.writeBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            out.write(payload[i] ^ mask[i % 4]);
        }
        return out.toByteArray();
    }

    /** The first bytes of a frame, with whatever length it claims. */
    static void head(ByteArrayOutputStream out, int first, int maskBit, long length) {
        out.write(first);
        if (length < 126) {
            out.write(maskBit | (int) length);
        } else if (length < 65_536) {
            out.write(maskBit | 126);
            out.write((int) (length >> 8));
            out.write((int) length);
        } else {
            out.write(maskBit | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                out.write((int) (length >> shift));
            }
        }
    }

    Frame read() throws IOException {
        int first = client.in.read();
        int second = client.in.read();
        if (second < 0) {
            throw new EOFException("no frame");
        }
        if ((second & 0x80) != 0) {
            throw new IOException("a server does not mask");
        }
        long length = second & 0x7f;
        if (length >= 126) {
            int bytes = length == 126 ? 2 : 8;
            length = 0;
            for (int i = 0; i < bytes; i++) {
                length = length << 8 | client.in.read();
            }
        }
        byte[] payload = client.in.readNBytes((int) length);
        if (payload.length < length) {
            throw new EOFException("within a frame");
        }
        return new Frame(first, payload);
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
