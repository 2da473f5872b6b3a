package mayfly.cli;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The part of HTTP/1.1 that a client with one request per connection needs. */
final class HttpWire {
    private static final int LINE_BYTES_MAX = 16 * 1024;
    private static final int HEADERS_MAX = 200;

    private HttpWire() {}

    /** @param headers names in lower case */
    record Head(int status, Map<String, String> headers) {}

    /** Reads the status line and the headers; skips interim answers. */
    static Head readHead(InputStream in) throws IOException {
        while (true) {
            String line = line(in);
            if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
                throw new IOException("not an HTTP answer: " + line.substring(0, Math.min(80, line.length())));
            }
            int status = Integer.parseInt(line.substring(9, 12));
            Map<String, String> headers = new HashMap<>();
            for (line = line(in); !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                if (colon <= 0 || headers.size() == HEADERS_MAX) {
                    throw new IOException("not an HTTP header: " + line.substring(0, Math.min(80, line.length())));
                }
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            if (status >= 200) {
                return new Head(status, headers);
            }
        }
    }

    /** The body; its end is a proper end, an answer that breaks off is an IOException. */
    static InputStream body(Head head, InputStream in) throws IOException {
        if (head.status() == 204 || head.status() == 304) {
            return InputStream.nullInputStream();
        }
        if (head.headers().getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            return new Chunked(in);
        }
        String length = head.headers().get("content-length");
        if (length == null) {
            return in;
        }
        if (!length.matches("[0-9]{1,18}")) {
            throw new IOException("not a content length: " + length);
        }
        return new Limited(in, Long.parseLong(length));
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the node closed the connection");
            }
            if (line.size() == LINE_BYTES_MAX) {
                throw new IOException("a line of the answer is too long");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** Exactly that many bytes. */
    private static final class Limited extends Counting {
        Limited(InputStream in, long length) {
            super(in);
            left = length;
        }

        @Override
        boolean more() {
            return left > 0;
        }
    }

    /** Chunks until the empty one. */
    private static final class Chunked extends Counting {
        private boolean first = true;
        private boolean ended;

        Chunked(InputStream in) {
            super(in);
        }

        @Override
        boolean more() throws IOException {
            if (left > 0) {
                return true;
            }
            if (ended) {
                return false;
            }
            if (!first && !line(in).isEmpty()) {
                throw new IOException("a chunk is longer than it said");
            }
            first = false;
            String size = line(in).split(";", 2)[0].strip();
            if (!size.matches("[0-9A-Fa-f]{1,15}")) {
                throw new IOException("not the size of a chunk: " + size);
            }
            left = Long.parseLong(size, 16);
            if (left == 0) {
                ended = true;
                skipTrailers();
            }
            return left > 0;
        }

        private void skipTrailers() throws IOException {
            String trailer = line(in);
            while (!trailer.isEmpty()) {
                trailer = line(in);
            }
        }
    }

    private abstract static class Counting extends InputStream {
        final InputStream in;
        long left;

        Counting(InputStream in) {
            this.in = in;
        }

        /** Whether there are bytes left; {@link #left} is positive then. */
        abstract boolean more() throws IOException;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!more()) {
                return -1;
            }
            int count = in.read(buffer, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the node's answer broke off");
            }
            left -= count;
            return count;
        }
    }
}
