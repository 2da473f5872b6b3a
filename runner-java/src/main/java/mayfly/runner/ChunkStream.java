package mayfly.runner;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import mayfly.runner.protocol.ToServerKind;

/** A streamed body: bytes are collected into chunks, which go out when they are full or flushed. */
final class ChunkStream extends OutputStream {
    private static final int CHUNK_BYTES = 64 << 10;

    private final TunnelPort port;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private int length;
    private boolean ended;

    ChunkStream(TunnelPort port) {
        this.port = port;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        int from = offset;
        int left = count;
        while (left > 0) {
            int fits = Math.min(left, CHUNK_BYTES - length);
            System.arraycopy(bytes, from, chunk, length, fits);
            length += fits;
            from += fits;
            left -= fits;
            if (length == CHUNK_BYTES) {
                flush();
            }
        }
    }

    @Override
    public void flush() throws IOException {
        if (length > 0) {
            send(false);
        }
    }

    /** The body is whole; a stream that is only closed was broken off. */
    void finish() throws IOException {
        send(true);
        ended = true;
    }

    private void send(boolean last) throws IOException {
        if (ended) {
            throw new IOException("the response has ended");
        }
        byte[] bytes = Arrays.copyOf(chunk, length);
        length = 0;
        try {
            port.sendSlowly(new ToServerKind.ResponseChunk(bytes, last));
        } catch (InterruptedException e) {
            throw (IOException) new InterruptedIOException("nobody waits for the response").initCause(e);
        }
    }
}
