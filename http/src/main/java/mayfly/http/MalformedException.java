package mayfly.http;

/** Bytes from the client that are not a request we serve; the message is shown to the client. */
final class MalformedException extends Exception {
    private final Refusal refusal;

    MalformedException(String message) {
        this(Refusal.MALFORMED, message);
    }

    MalformedException(String message, Throwable cause) {
        super(message, cause);
        this.refusal = Refusal.MALFORMED;
    }

    MalformedException(Refusal refusal, String message) {
        // Without a stack trace: hostile clients decide how many of these are made.
        super(message, null, false, false);
        this.refusal = refusal;
    }

    Refusal refusal() {
        return refusal;
    }
}
