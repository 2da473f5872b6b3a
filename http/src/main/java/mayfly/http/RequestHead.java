package mayfly.http;

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
}
