package mayfly.gateway.rivet;

/** A refusal on its way to the client. */
final class GuardException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient GuardError error;

    GuardException(GuardError error) {
        super(error.message(), null, false, false); // strangers decide how many of these are made
        this.error = error;
    }

    GuardError error() {
        return error;
    }
}
