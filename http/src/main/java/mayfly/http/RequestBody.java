package mayfly.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/** The body of one request as its handler sees it: here already, or still arriving. */
sealed interface RequestBody {
    /** The whole body; BODY_TOO_LARGE before reading when its length is known to be over {@code maxBytes}. */
    byte[] bytes(int maxBytes) throws IOException;

    /** The body as it arrives; reading beyond {@code maxBytes} throws BODY_TOO_LARGE. */
    InputStream stream(long maxBytes) throws IOException;

    /** True when the connection may take its next request after the answer. */
    boolean settled();

    /** Arrived before the handler was called. */
    record Whole(byte[] content) implements RequestBody {
        static final Whole EMPTY = new Whole(new byte[0]);

        @Override
        public byte[] bytes(int maxBytes) throws IOException {
            refuseOver(maxBytes, content.length);
            return content;
        }

        @Override
        public InputStream stream(long maxBytes) throws IOException {
            refuseOver(maxBytes, content.length);
            return new ByteArrayInputStream(content);
        }

        @Override
        public boolean settled() {
            return true;
        }
    }

    /** Arrives while the handler runs. {@code length} is {@link RequestHead#CHUNKED} when unknown. */
    record Arriving(Connection connection, BodyPipe pipe, long length) implements RequestBody {
        /** A rest this small is read and dropped to keep the connection; a larger one costs more than a new one. */
        static final int DROPPED_BYTES_MAX = 64 * 1024;

        @Override
        public byte[] bytes(int maxBytes) throws IOException {
            // Grows with what really comes: a length is only a promise.
            return stream(maxBytes).readAllBytes();
        }

        @Override
        public InputStream stream(long maxBytes) throws IOException {
            refuseOver(maxBytes, length);
            return new Input(this, maxBytes);
        }

        @Override
        public boolean settled() {
            return pipe.arrived() || (length >= 0 && length <= DROPPED_BYTES_MAX && !connection.holdsContinue());
        }
    }

    /** Reads the pipe, and asks the client and the connection to go on. */
    final class Input extends InputStream {
        private final Arriving body;
        private long left;

        Input(Arriving body, long maxBytes) {
            this.body = body;
            this.left = maxBytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            try {
                if (body.pipe.wouldWait()) {
                    body.connection.wantBody();
                }
                int count = body.pipe.read(into, offset, length);
                left -= Math.max(count, 0);
                if (left < 0) {
                    throw new BodyException(Refusal.BODY_TOO_LARGE, "the request body is over its limit");
                }
                return count;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (IOException) new InterruptedIOException("interrupted while reading a request body").initCause(e);
            }
        }
    }

    private static void refuseOver(long maxBytes, long length) throws BodyException {
        if (length > maxBytes) {
            throw new BodyException(
                    Refusal.BODY_TOO_LARGE,
                    "the request body has " + length + " bytes; at most " + maxBytes + " are taken here");
        }
    }
}
