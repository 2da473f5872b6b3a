package mayfly.runner.protocol;

import java.io.IOException;

/** Bytes that are no message: says what is wrong and at which byte. The connection that they came from is beyond repair. */
public final class MalformedMessageException extends IOException {
    private static final long serialVersionUID = 1;

    private final int offset;

    MalformedMessageException(String fault, int offset) {
        super(fault + " at byte " + offset);
        this.offset = offset;
    }

    /** The byte, counted from 0, at which the message stops making sense. */
    public int offset() {
        return offset;
    }
}
