package mayfly.base;

/**
 * An expected refusal on its way to the caller. The message says what happened, to which object, and what to do; it
 * is shown to users as it is, so it never holds secrets or paths outside the user's own request.
 */
public final class RefusedException extends Exception {
    private final ErrorCode code;

    public RefusedException(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    public RefusedException(ErrorCode code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
