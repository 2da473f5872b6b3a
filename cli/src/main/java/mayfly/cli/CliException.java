package mayfly.cli;

/** Ends a command with a message for people. */
final class CliException extends Exception {
    private final int exit;

    CliException(int exit, String message) {
        super(message);
        this.exit = exit;
    }

    /** One of {@link Exit}. */
    int exit() {
        return exit;
    }
}
