package mayfly.machine.kvm.saved;

/** A saved snapshot that cannot be gone on with: damaged, hostile, or of a world that is no more. The message says what. */
public final class DamagedException extends Exception {
    private static final long serialVersionUID = 1;

    public DamagedException(String message) {
        super(message);
    }

    public DamagedException(String message, Throwable cause) {
        super(message, cause);
    }
}
