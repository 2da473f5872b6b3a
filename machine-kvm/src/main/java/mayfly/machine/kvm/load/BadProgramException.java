package mayfly.machine.kvm.load;

/** A file cannot be run as a program; the message says which and why. */
public final class BadProgramException extends Exception {
    private static final long serialVersionUID = 1;

    public BadProgramException(String path, String reason) {
        super(path + ": " + reason);
    }
}
