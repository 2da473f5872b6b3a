package mayfly.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Status and header fields of responses, with those that the server adds. Pure. */
final class ResponseHead {
    /** A body whose length is not known yet. */
    static final long UNKNOWN = -1;

    private static final List<AsciiString> OWNED_BY_SERVER = List.of(
            HttpHeaderNames.CONNECTION,
            HttpHeaderNames.CONTENT_LENGTH,
            HttpHeaderNames.DATE,
            AsciiString.cached("keep-alive"),
            HttpHeaderNames.TRANSFER_ENCODING,
            HttpHeaderNames.UPGRADE);

    private ResponseHead() {}

    /** True for answers that have no body, whatever the handler gives. */
    static boolean bodyless(@Nullable RequestHead request, int status) {
        return status == 204 || status == 205 || status == 304 || (request != null && request.isHead());
    }

    /**
     * {@code length} of the body or {@link #UNKNOWN}; {@code request} is null when it could not be read; {@code close}
     * says that no request will follow.
     */
    static HttpResponse of(
            @Nullable RequestHead request, int status, Headers given, long length, boolean close, String date) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status " + status + " is not within 200 .. 599");
        }
        for (AsciiString name : OWNED_BY_SERVER) {
            if (given.fields().contains(name)) {
                throw new IllegalArgumentException("header " + name + " is set by the server");
            }
        }
        boolean old = request != null && request.minorVersion() == 0;
        HttpHeaders headers = new DefaultHttpHeaders().add(given.fields()).add(HttpHeaderNames.DATE, date);
        if (length >= 0 && status != 204 && status != 304) {
            headers.add(HttpHeaderNames.CONTENT_LENGTH, length);
        } else if (length < 0 && !old && !bodyless(request, status)) {
            headers.add(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        if (status == Refusal.WEBSOCKET_VERSION.status()) {
            headers.add(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
                    .add(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                    .add(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13");
        }
        if (close || old) {
            headers.add(HttpHeaderNames.CONNECTION, close ? HttpHeaderValues.CLOSE : HttpHeaderValues.KEEP_ALIVE);
        }
        return new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), headers);
    }

    /** The end of a response: all of it, or only its last bytes when the head went before. */
    static LastHttpContent end(@Nullable HttpResponse head, ByteBuf content) {
        return head == null
                ? new DefaultLastHttpContent(content, EmptyHttpHeaders.INSTANCE)
                : new DefaultFullHttpResponse(
                        head.protocolVersion(), head.status(), content, head.headers(), EmptyHttpHeaders.INSTANCE);
    }

    static LastHttpContent goOn() {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER);
    }
}
