package mayfly.machine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import mayfly.base.Limits;

/** Hands one call's output on, up to the limit and a little more for the agent's own remark that it cut. */
public final class BoundedLog {
    private static final int SLACK_BYTES = 16 * Limits.KIB;
    private static final byte[] CUT = "\n[mayfly: log cut here]\n".getBytes(StandardCharsets.UTF_8);

    private final LogSink sink;
    private int left = Limits.INVOCATION_LOG_BYTES_MAX + SLACK_BYTES;

    /** For one call. */
    public BoundedLog(LogSink sink) {
        this.sink = sink;
    }

    /** Takes a LOG frame. */
    public void take(Frame log) {
        byte[] bytes = log.bytes();
        if (left < 0 || bytes.length == 0) {
            return;
        }
        int stream = AgentAnswerCodec.logStream(log.meta());
        if (bytes.length <= left) {
            left -= bytes.length;
            sink.log(stream, bytes);
        } else {
            sink.log(stream, Arrays.copyOf(bytes, left));
            sink.log(2, CUT.clone());
            left = -1;
        }
    }
}
