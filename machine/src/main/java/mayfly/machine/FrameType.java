package mayfly.machine;

import org.jspecify.annotations.Nullable;

/** The kinds of message on the work channel; the codes are wire format. */
public enum FrameType {
    /** Node to agent, once: load the code. Answered by a RESPONSE. */
    INIT(1),
    /** Node to agent: run the handler. Answered by LOGs and one RESPONSE. */
    EXEC(2),
    /** Agent to node: how an INIT or EXEC ended. */
    RESPONSE(3),
    /** Either way; the agent answers a PING with a PING. */
    PING(4),
    /** Agent to node: captured output. */
    LOG(5);

    private static final FrameType[] ALL = values();

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static @Nullable FrameType ofCode(int code) {
        return code >= 1 && code <= ALL.length ? ALL[code - 1] : null;
    }
}
