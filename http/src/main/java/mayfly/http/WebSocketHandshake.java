package mayfly.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The opening handshake, RFC 6455 section 4.2. Pure. */
final class WebSocketHandshake {
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int KEY_BYTES = 16;

    private WebSocketHandshake() {}

    /** Whether the client asks for a WebSocket, be it in a way that we take or not. */
    static boolean asked(RequestHead head) {
        return head.headers().first("upgrade") != null
                && names(head.headers(), "upgrade").stream().anyMatch("websocket"::equalsIgnoreCase);
    }

    /** The elements of a comma-separated header field, in their order, over all its lines. */
    static List<String> names(Headers headers, String field) {
        List<String> names = new ArrayList<>(2);
        for (String line : headers.all(field)) {
            for (String name : line.split(",", -1)) {
                if (!name.isBlank()) {
                    names.add(name.strip());
                }
            }
        }
        return names;
    }

    /** The answer that switches to a WebSocket. {@code more} holds header fields of the handler's. */
    static HttpResponse answer(RequestHead head, @Nullable String protocol, Headers more, String date)
            throws HandshakeException {
        check(head);
        HttpHeaders headers = new DefaultHttpHeaders()
                .add(more.fields())
                .add(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
                .add(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .add(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT, acceptance(key(head)))
                .add(HttpHeaderNames.DATE, date);
        if (protocol != null) {
            headers.add(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        return new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.SWITCHING_PROTOCOLS,
                Unpooled.EMPTY_BUFFER,
                headers,
                EmptyHttpHeaders.INSTANCE);
    }

    private static void check(RequestHead head) throws HandshakeException {
        if (!head.method().equals("GET") || head.minorVersion() == 0 || head.bodyLength() != 0) {
            throw malformed("is a GET of HTTP/1.1 without a body");
        }
        if (!asked(head) || names(head.headers(), "connection").stream().noneMatch("upgrade"::equalsIgnoreCase)) {
            throw malformed("has 'Connection: Upgrade' and 'Upgrade: websocket'");
        }
        List<String> versions = head.headers().all("sec-websocket-version");
        if (versions.isEmpty()) {
            throw malformed("names its version");
        }
        if (versions.size() > 1 || !versions.getFirst().strip().equals("13")) {
            throw new HandshakeException(Refusal.WEBSOCKET_VERSION, "this server speaks version 13 of WebSockets");
        }
    }

    private static String key(RequestHead head) throws HandshakeException {
        List<String> keys = head.headers().all("sec-websocket-key");
        String key = keys.size() == 1 ? keys.getFirst().strip() : "";
        try {
            if (key.length() == 24 && Base64.getDecoder().decode(key).length == KEY_BYTES) {
                return key;
            }
        } catch (IllegalArgumentException _) {
            // No base64: refused like any other key that is none.
        }
        throw malformed("has one Sec-WebSocket-Key of 16 bytes in base64");
    }

    private static String acceptance(String key) {
        try {
            byte[] proof = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(proof);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-1", e);
        }
    }

    private static HandshakeException malformed(String rule) {
        return new HandshakeException(Refusal.MALFORMED, "a WebSocket handshake " + rule);
    }
}
