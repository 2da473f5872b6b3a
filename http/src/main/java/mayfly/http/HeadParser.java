package mayfly.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Bytes to a {@link RequestHead}. Pure, and stricter than RFC 9112 asks: two parsers that read one message differently
 * are how requests are smuggled, so whatever another server might read in another way (bare LF, folded lines, space
 * before a colon, repeated or mixed Content-Length and Transfer-Encoding) is refused.
 */
final class HeadParser {
    private static final int FIELDS_MAX = 128;
    private static final int METHOD_CHARS_MAX = 32;

    private HeadParser() {}

    /**
     * Where the head that begins at {@code from} ends (the index after its empty line), or -1 when bytes are missing.
     * Throws as soon as a byte shows that no head can come.
     */
    static int end(byte[] bytes, int from, int to) throws MalformedException {
        int lineStart = from;
        for (int i = from; i < to; i++) {
            byte c = bytes[i];
            boolean afterCr = i > from && bytes[i - 1] == '\r';
            if (c == '\n') {
                if (!afterCr) {
                    throw new MalformedException("a line ends with LF instead of CR LF");
                }
                if (i - 1 == lineStart) {
                    return i + 1;
                }
                lineStart = i + 1;
            } else if (afterCr || (c >= 0 && c < ' ' && c != '\t' && c != '\r') || c == 0x7f) {
                throw new MalformedException("a control character in the request line or a header");
            }
        }
        return -1;
    }

    /** Parses a head whose end is known: {@code to} as {@link #end} gave it. */
    static RequestHead parse(byte[] bytes, int from, int to) throws MalformedException {
        String text = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
        int lineEnd = text.indexOf("\r\n");
        List<String> pairs = new ArrayList<>(24);
        for (int start = lineEnd + 2; start < text.length() - 2; ) {
            int end = text.indexOf("\r\n", start);
            if (pairs.size() == 2 * FIELDS_MAX) {
                throw new MalformedException(Refusal.HEADERS_TOO_LARGE, "more than " + FIELDS_MAX + " header fields");
            }
            field(text, start, end, pairs);
            start = end + 2;
        }
        return assemble(text, lineEnd, new Headers(pairs.toArray(new String[0])));
    }

    private static void field(String text, int start, int end, List<String> pairs) throws MalformedException {
        int colon = text.indexOf(':', start);
        if (colon < 0 || colon > end || !Grammar.isToken(text, start, colon)) {
            throw new MalformedException("a header line is not 'name: value'");
        }
        int from = colon + 1;
        int to = end;
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(text.charAt(to - 1))) {
            to--;
        }
        pairs.add(text.substring(start, colon).toLowerCase(Locale.ROOT));
        pairs.add(text.substring(from, to));
    }

    private static RequestHead assemble(String text, int lineEnd, Headers headers) throws MalformedException {
        int first = text.indexOf(' ');
        int second = first < 0 ? -1 : text.indexOf(' ', first + 1);
        if (second < 0 || second > lineEnd || first > METHOD_CHARS_MAX || !Grammar.isToken(text, 0, first)) {
            throw new MalformedException("the request line is not 'METHOD target HTTP/1.1'");
        }
        String method = text.substring(0, first);
        int minor = minorVersion(text.substring(second + 1, lineEnd));
        String host = host(headers, minor);
        RequestTarget target = target(method, text.substring(first + 1, second), host);
        boolean expects = expectsContinue(headers, minor);
        return new RequestHead(
                method, target, minor, headers, host, bodyLength(headers, minor), persistent(headers, minor), expects);
    }

    private static int minorVersion(String version) throws MalformedException {
        if (version.equals("HTTP/1.1")) {
            return 1;
        }
        if (version.equals("HTTP/1.0")) {
            return 0;
        }
        if (version.startsWith("HTTP/") && version.length() == 8) {
            throw new MalformedException(Refusal.VERSION, "this server speaks HTTP/1.1 and HTTP/1.0");
        }
        throw new MalformedException("the request line does not end with HTTP/1.1");
    }

    private static @Nullable String host(Headers headers, int minor) throws MalformedException {
        int count = headers.count("host");
        if (count > 1 || (count == 0 && minor == 1)) {
            throw new MalformedException(count + " Host headers instead of one");
        }
        return headers.first("host");
    }

    private static RequestTarget target(String method, String raw, @Nullable String host) throws MalformedException {
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

    private static long bodyLength(Headers headers, int minor) throws MalformedException {
        int codings = headers.count("transfer-encoding");
        int lengths = headers.count("content-length");
        if (codings > 0 && (lengths > 0 || minor == 0 || codings > 1)) {
            throw new MalformedException("ambiguous length of the body: Transfer-Encoding with something else");
        }
        if (lengths > 1) {
            throw new MalformedException("more than one Content-Length");
        }
        String coding = headers.first("transfer-encoding");
        if (coding != null) {
            if (!coding.equalsIgnoreCase("chunked")) {
                throw new MalformedException(Refusal.UNSUPPORTED, "the only transfer coding here is chunked");
            }
            return RequestHead.CHUNKED;
        }
        String length = headers.first("content-length");
        return length == null ? 0 : decimal(length);
    }

    private static long decimal(String digits) throws MalformedException {
        long value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                throw new MalformedException("Content-Length is not a number");
            }
            value = value * 10 + (c - '0');
        }
        if (digits.isEmpty() || digits.length() > 18) {
            throw new MalformedException("Content-Length is not a number of 1 to 18 digits");
        }
        return value;
    }

    private static boolean persistent(Headers headers, int minor) {
        boolean keepAlive = minor == 1;
        for (int i = 0; i < headers.size(); i++) {
            if (headers.name(i).equals("connection")) {
                for (String option : headers.value(i).split(",", -1)) {
                    if (option.strip().equalsIgnoreCase("close")) {
                        return false;
                    }
                    keepAlive |= option.strip().equalsIgnoreCase("keep-alive");
                }
            }
        }
        return keepAlive;
    }

    private static boolean expectsContinue(Headers headers, int minor) throws MalformedException {
        String expect = headers.first("expect");
        if (expect == null || minor == 0) {
            return false;
        }
        if (!expect.equalsIgnoreCase("100-continue")) {
            throw new MalformedException(Refusal.EXPECTATION, "the only expectation met here is 100-continue");
        }
        return true;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
