package mayfly.cli;

/** A command line that cannot be understood. */
public final class UsageException extends Exception {
    public UsageException(String message) {
        super(message);
    }
}
