package mayfly.http;

import org.jspecify.annotations.Nullable;

/**
 * Bytes from the client that are not a request we serve; the message is shown to the client. Unchecked, because it
 * passes through Netty's decoder on its way.
 */
final class MalformedException extends RuntimeException {
    private final Refusal refusal;

    MalformedException(String message) {
        this(Refusal.MALFORMED, message);
    }

    MalformedException(Refusal refusal, String message) {
        this(refusal, message, null);
    }

    MalformedException(Refusal refusal, String message, @Nullable Throwable cause) {
        // Without a stack trace: hostile clients decide how many of these are made.
        super(message, cause, false, false);
        this.refusal = refusal;
    }

    Refusal refusal() {
        return refusal;
    }
}
