package mayfly.node;

import mayfly.machine.GuestError;
import mayfly.machine.InitFailedException;

/** A service that was refused because its program does not come to wait for connections. */
public final class ProgramFailedException extends Exception {
    private final transient GuestError error;

    ProgramFailedException(InitFailedException cause) {
        super(cause.error().type() + ": " + cause.error().message(), cause);
        this.error = cause.error();
    }

    /** What was wrong, with what the program printed. */
    public GuestError error() {
        return error;
    }
}
