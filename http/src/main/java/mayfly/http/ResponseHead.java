package mayfly.http;

import java.nio.charset.StandardCharsets;

/** Status line and header fields as bytes. Pure. */
final class ResponseHead {
    /** A body whose length is not known yet. */
    static final long UNKNOWN = -1;

    static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

    private ResponseHead() {}

    /** True for answers that never have a body, whatever the handler gives. */
    static boolean bodyless(int status) {
        return status == 204 || status == 304;
    }

    /**
     * {@code length} of the body or {@link #UNKNOWN}; {@code minor} is the version the client speaks; {@code close}
     * says that no request will follow.
     */
    static byte[] encode(int minor, int status, Headers headers, long length, boolean close, String date) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status " + status + " is not within 200 .. 599");
        }
        StringBuilder out = new StringBuilder(192);
        out.append("HTTP/1.1 ")
                .append(status)
                .append(' ')
                .append(reason(status))
                .append("\r\n");
        for (int i = 0; i < headers.size(); i++) {
            String name = headers.name(i);
            if (ownedByServer(name)) {
                throw new IllegalArgumentException("header " + name + " is set by the server");
            }
            out.append(name).append(": ").append(headers.value(i)).append("\r\n");
        }
        out.append("date: ").append(date).append("\r\n");
        if (!bodyless(status)) {
            if (length >= 0) {
                out.append("content-length: ").append(length).append("\r\n");
            } else if (minor > 0) {
                out.append("transfer-encoding: chunked\r\n");
            }
        }
        if (close) {
            out.append("connection: close\r\n");
        } else if (minor == 0) {
            out.append("connection: keep-alive\r\n");
        }
        return out.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static boolean ownedByServer(String name) {
        return switch (name) {
            case "connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade" -> true;
            default -> false;
        };
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 201 -> "Created";
            case 202 -> "Accepted";
            case 204 -> "No Content";
            case 304 -> "Not Modified";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 409 -> "Conflict";
            case 413 -> "Content Too Large";
            case 417 -> "Expectation Failed";
            case 422 -> "Unprocessable Content";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 502 -> "Bad Gateway";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            case 505 -> "HTTP Version Not Supported";
            case 507 -> "Insufficient Storage";
            default -> "Status";
        };
    }
}
