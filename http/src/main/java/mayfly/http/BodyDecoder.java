package mayfly.http;

import org.jspecify.annotations.Nullable;

/**
 * Finds the payload in the bytes of one body, by length or chunked. Pure state machine: {@link #skip} passes framing,
 * {@link #run} tells how much payload follows, {@link #take} passes it.
 */
final class BodyDecoder {
    private static final int SIZE_DIGITS_MAX = 8;
    private static final int EXTENSION_BYTES_MAX = 128;
    private static final int TRAILER_BYTES_MAX = 4096;
    /** Framing bytes a client may spend: this, and eight for each byte of payload. One-byte chunks cost five. */
    private static final int FRAMING_SLACK_BYTES = 64 * 1024;

    private enum Part {
        SIZE,
        EXTENSION,
        SIZE_LF,
        PAYLOAD,
        PAYLOAD_CR,
        PAYLOAD_LF,
        TRAILER,
        DONE
    }

    private final boolean chunked;
    private Part part;
    private long remaining;
    private int digits;
    private int lineBytes;
    private int trailerBytes;
    private byte previous;
    private long framing;
    private long payload;

    /** For a length in bytes, or {@link RequestHead#CHUNKED}. */
    BodyDecoder(long length) {
        chunked = length == RequestHead.CHUNKED;
        remaining = chunked ? 0 : length;
        part = chunked ? Part.SIZE : length == 0 ? Part.DONE : Part.PAYLOAD;
    }

    boolean done() {
        return part == Part.DONE;
    }

    /** Bytes known to be missing, or -1 when only the client knows. */
    long missing() {
        return done() ? 0 : chunked ? -1 : remaining;
    }

    /** Passes framing; returns where payload begins, or where the body ends, or {@code to}. */
    int skip(byte[] bytes, int from, int to) throws MalformedException {
        int at = from;
        while (at < to && part != Part.PAYLOAD && part != Part.DONE) {
            String problem = pass(bytes[at++]);
            if (problem == null && ++framing > FRAMING_SLACK_BYTES + 8 * payload) {
                problem = "chunks with more framing than payload";
            }
            if (problem != null) {
                throw new MalformedException(problem);
            }
        }
        return at;
    }

    /** How many of the {@code available} next bytes are payload. */
    int run(int available) {
        return part == Part.PAYLOAD ? (int) Math.min(remaining, available) : 0;
    }

    /** Passes payload. */
    void take(int count) {
        remaining -= count;
        payload += count;
        if (remaining == 0) {
            part = chunked ? Part.PAYLOAD_CR : Part.DONE;
        }
    }

    private @Nullable String pass(byte c) {
        return switch (part) {
            case SIZE -> size(c);
            case EXTENSION -> extension(c);
            case SIZE_LF -> c == '\n' ? sizeEnded() : "a chunk size that does not end with CR LF";
            case PAYLOAD_CR -> c == '\r' ? go(Part.PAYLOAD_LF) : "a chunk longer than its size";
            case PAYLOAD_LF -> c == '\n' ? nextChunk() : "a chunk longer than its size";
            case TRAILER -> trailer(c);
            case PAYLOAD, DONE -> throw new AssertionError("no framing in " + part);
        };
    }

    private @Nullable String size(byte c) {
        int digit = Grammar.hex(c);
        if (digit >= 0) {
            remaining = remaining << 4 | digit;
            return ++digits > SIZE_DIGITS_MAX ? "a chunk size with more than 8 digits" : null;
        }
        if (digits == 0) {
            return "a chunk without a size";
        }
        return c == '\r' ? go(Part.SIZE_LF) : c == ';' ? go(Part.EXTENSION) : "a chunk size that is not hexadecimal";
    }

    private @Nullable String extension(byte c) {
        if (c == '\r') {
            return go(Part.SIZE_LF);
        }
        boolean control = (c >= 0 && c < ' ' && c != '\t') || c == 0x7f;
        return control || ++lineBytes > EXTENSION_BYTES_MAX ? "a chunk extension that is too long or not text" : null;
    }

    private @Nullable String sizeEnded() {
        lineBytes = 0;
        return go(remaining == 0 ? Part.TRAILER : Part.PAYLOAD);
    }

    private @Nullable String nextChunk() {
        digits = 0;
        lineBytes = 0;
        return go(Part.SIZE);
    }

    /** Trailers are checked for their form and dropped: nothing here uses them. */
    private @Nullable String trailer(byte c) {
        boolean afterCr = previous == '\r';
        previous = c;
        if (++trailerBytes > TRAILER_BYTES_MAX) {
            return "trailers longer than " + TRAILER_BYTES_MAX + " bytes";
        }
        if (c == '\n') {
            if (!afterCr) {
                return "a trailer line ends with LF instead of CR LF";
            }
            Part next = lineBytes == 0 ? Part.DONE : Part.TRAILER;
            lineBytes = 0;
            return go(next);
        }
        if (afterCr || (c >= 0 && c < ' ' && c != '\t' && c != '\r') || c == 0x7f) {
            return "a control character in a trailer";
        }
        lineBytes += c == '\r' ? 0 : 1;
        return null;
    }

    private @Nullable String go(Part next) {
        part = next;
        return null;
    }
}
