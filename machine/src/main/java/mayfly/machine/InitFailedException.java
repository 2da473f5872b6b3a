package mayfly.machine;

/** The user's code could not be loaded: syntax error, failed import, no such handler, time limit. */
public final class InitFailedException extends Exception {
    private final transient GuestError error;

    public InitFailedException(GuestError error) {
        super(error.type() + ": " + error.message());
        this.error = error;
    }

    public GuestError error() {
        return error;
    }
}
