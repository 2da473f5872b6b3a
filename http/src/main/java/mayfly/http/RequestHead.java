package mayfly.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request without its body, checked.
 *
 * @param host the Host header, which HTTP/1.0 clients may leave out
 * @param bodyLength bytes, 0 for none, or {@link #CHUNKED}
 * @param persistent the client wants to keep the connection
 * @param expectsContinue the client waits for "100 Continue" before it sends the body
 */
record RequestHead(
        String method,
        RequestTarget target,
        int minorVersion,
        Headers headers,
        @Nullable String host,
        long bodyLength,
        boolean persistent,
        boolean expectsContinue) {
    static final long CHUNKED = -1;

    boolean isHead() {
        return method.equals("HEAD");
    }

    /** What Netty parsed, when it is a request that we serve. Pure. */
    static RequestHead of(HttpRequest request) {
        HttpHeaders headers = request.headers();
        int minor = minorVersion(request.protocolVersion());
        String host = host(headers, minor);
        String method = request.method().name();
        return new RequestHead(
                method,
                target(method, request.uri(), host),
                minor,
                new Headers(headers),
                host,
                bodyLength(request),
                HttpUtil.isKeepAlive(request),
                expectsContinue(headers, minor));
    }

    private static int minorVersion(HttpVersion version) {
        if (version.equals(HttpVersion.HTTP_1_1)) {
            return 1;
        }
        if (version.equals(HttpVersion.HTTP_1_0)) {
            return 0;
        }
        throw new MalformedException(Refusal.VERSION, "this server speaks HTTP/1.1 and HTTP/1.0");
    }

    private static @Nullable String host(HttpHeaders headers, int minor) {
        int count = headers.getAll(HttpHeaderNames.HOST).size();
        if (count > 1 || (count == 0 && minor == 1)) {
            throw new MalformedException(count + " Host headers instead of one");
        }
        return headers.get(HttpHeaderNames.HOST);
    }

    private static RequestTarget target(String method, String raw, @Nullable String host) {
        if (method.equals("CONNECT")) {
            throw new MalformedException(Refusal.UNSUPPORTED, "this server is not a proxy");
        }
        if (raw.equals("*") && !method.equals("OPTIONS")) {
            throw new MalformedException("the target '*' goes with OPTIONS only");
        }
        if (!raw.regionMatches(true, 0, "http://", 0, 7)) {
            return RequestTarget.parse(raw);
        }
        // Absolute form: its authority would replace Host; refuse the pair that disagrees rather than choose.
        int slash = raw.indexOf('/', 7);
        String authority = slash < 0 ? raw.substring(7) : raw.substring(7, slash);
        if (host == null || !authority.equalsIgnoreCase(host)) {
            throw new MalformedException("the request target and the Host header name different hosts");
        }
        return RequestTarget.parse(slash < 0 ? "/" : raw.substring(slash));
    }

    private static long bodyLength(HttpRequest request) {
        HttpHeaders headers = request.headers();
        if (headers.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY1)) {
            // An old WebSocket draft, for which Netty takes eight bytes as a body that no other server sees.
            throw new MalformedException("ambiguous length of the body: a WebSocket handshake from before RFC 6455");
        }
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            return HttpUtil.getContentLength(request, 0L);
        }
        if (codings.size() > 1) {
            throw new MalformedException("ambiguous length of the body: more than one Transfer-Encoding");
        }
        if (!HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.getFirst())) {
            throw new MalformedException(Refusal.UNSUPPORTED, "the only transfer coding here is chunked");
        }
        return CHUNKED;
    }

    private static boolean expectsContinue(HttpHeaders headers, int minor) {
        String expect = headers.get(HttpHeaderNames.EXPECT);
        if (expect == null || minor == 0) {
            return false;
        }
        if (!HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expect)) {
            throw new MalformedException(Refusal.EXPECTATION, "the only expectation met here is 100-continue");
        }
        return true;
    }
}
