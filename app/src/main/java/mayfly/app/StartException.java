package mayfly.app;

/** The node cannot start; the message is complete for the operator: what, which object, what to do. */
final class StartException extends Exception {
    StartException(String message) {
        super(message);
    }

    StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
