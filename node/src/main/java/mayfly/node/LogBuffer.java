package mayfly.node;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import mayfly.base.Limits;
import mayfly.machine.LogSink;

/** Collects one call's output up to the limit, then says that the rest was dropped. Used by one thread. */
final class LogBuffer implements LogSink {
    private static final String NOTICE = "\n[mayfly: output over " + Limits.INVOCATION_LOG_BYTES_MAX / Limits.KIB
            + " KiB per invocation was dropped]\n";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(0);
    private boolean full;

    @Override
    public void log(int stream, byte[] output) {
        if (full) {
            return;
        }
        int room = Limits.INVOCATION_LOG_BYTES_MAX - NOTICE.length() - bytes.size();
        bytes.write(output, 0, Math.min(room, output.length));
        if (output.length > room) {
            full = true;
            bytes.writeBytes(NOTICE.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** What was collected, as text; bytes that are not UTF-8 become U+FFFD, NUL is dropped (databases refuse it). */
    String text() {
        return bytes.size() == 0 ? "" : bytes.toString(StandardCharsets.UTF_8).replace("\0", "");
    }
}
