package mayfly.machine.kvm.saved;

/** A snapshot holds something that cannot be saved. The message names it and says why. */
public final class UnsavableException extends Exception {
    private static final long serialVersionUID = 1;

    public UnsavableException(String message) {
        super(message);
    }
}
