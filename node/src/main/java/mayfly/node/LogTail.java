package mayfly.node;

import java.nio.charset.StandardCharsets;
import mayfly.machine.LogSink;

/** Keeps the newest output of programs that go on for ever, in a ring; any thread may write. */
final class LogTail implements LogSink {
    private final int bytesMax;
    private byte[] ring = {};
    private long written;

    LogTail(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    @Override
    public synchronized void log(int stream, byte[] output) {
        if (ring.length == 0 && output.length > 0) {
            ring = new byte[bytesMax]; // most services print nothing
        }
        for (int from = Math.max(0, output.length - bytesMax); from < output.length; ) {
            int at = (int) (written % bytesMax);
            int count = Math.min(output.length - from, bytesMax - at);
            System.arraycopy(output, from, ring, at, count);
            written += count;
            from += count;
        }
    }

    void line(String line) {
        log(1, (line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** What is kept, as text; bytes that are not UTF-8 become U+FFFD. */
    synchronized String text() {
        if (written <= bytesMax) {
            return new String(ring, 0, (int) written, StandardCharsets.UTF_8);
        }
        int oldest = (int) (written % bytesMax);
        byte[] all = new byte[bytesMax];
        System.arraycopy(ring, oldest, all, 0, bytesMax - oldest);
        System.arraycopy(ring, 0, all, bytesMax - oldest, oldest);
        return new String(all, StandardCharsets.UTF_8);
    }
}
