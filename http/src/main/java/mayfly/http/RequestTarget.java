package mayfly.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A request target, taken apart. Pure.
 *
 * @param segments of the path, decoded
 * @param queryText as sent: what it means is its handler's business, who may pass it on as it is
 */
record RequestTarget(String raw, String path, List<String> segments, String queryText) {

    /** Parses an origin-form target ("/a/b?c=d") or "*". */
    static RequestTarget parse(String raw) {
        if (raw.equals("*")) {
            return new RequestTarget(raw, raw, List.of(), "");
        }
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                throw new MalformedException("the request target holds a character that must be percent-encoded");
            }
        }
        if (!raw.startsWith("/")) {
            throw new MalformedException("the request target does not begin with '/'");
        }
        int mark = raw.indexOf('?');
        String path = mark < 0 ? raw : raw.substring(0, mark);
        return new RequestTarget(raw, path, segments(path), mark < 0 ? "" : raw.substring(mark + 1));
    }

    /** The parameters of the query, decoded. MalformedException when they are no such thing. */
    Map<String, List<String>> query() {
        return parameters(queryText);
    }

    private static List<String> segments(String path) {
        if (path.length() == 1) {
            return List.of();
        }
        List<String> segments = new ArrayList<>(6);
        for (int from = 1; from <= path.length(); ) {
            int slash = path.indexOf('/', from);
            int to = slash < 0 ? path.length() : slash;
            String segment = decode(path.substring(from, to), false);
            if (segment.equals(".") || segment.equals("..")) {
                throw new MalformedException("the path holds a '.' or '..' segment");
            }
            segments.add(segment);
            from = to + 1;
        }
        return List.copyOf(segments);
    }

    private static Map<String, List<String>> parameters(String query) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (int from = 0; from < query.length(); ) {
            int and = query.indexOf('&', from);
            int to = and < 0 ? query.length() : and;
            if (to > from) {
                int equals = query.indexOf('=', from);
                int nameEnd = equals < 0 || equals > to ? to : equals;
                String name = decode(query.substring(from, nameEnd), true);
                String value = nameEnd == to ? "" : decode(query.substring(nameEnd + 1, to), true);
                parameters.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(value);
            }
            from = to + 1;
        }
        parameters.replaceAll((_, values) -> List.copyOf(values));
        return parameters;
    }

    private static String decode(String text, boolean plusIsSpace) {
        if (text.indexOf('%') < 0 && !(plusIsSpace && text.indexOf('+') >= 0)) {
            return text;
        }
        byte[] bytes = new byte[text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                bytes[length++] = (byte) escaped(text, i);
                i += 2;
            } else {
                bytes[length++] = (byte) (c == '+' && plusIsSpace ? ' ' : c);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException(Refusal.MALFORMED, "percent-encoded text is not UTF-8", e);
        }
    }

    /** The byte written as %XX at the index. */
    private static int escaped(String text, int index) {
        int high = index + 2 < text.length() ? Character.digit(text.charAt(index + 1), 16) : -1;
        int low = high < 0 ? -1 : Character.digit(text.charAt(index + 2), 16);
        if (low < 0) {
            throw new MalformedException("bad percent-encoding");
        }
        int value = high << 4 | low;
        if (value < ' ' || value == 0x7f) {
            throw new MalformedException("a percent-encoded control character");
        }
        return value;
    }
}
