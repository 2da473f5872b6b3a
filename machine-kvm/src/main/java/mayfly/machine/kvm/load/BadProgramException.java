package mayfly.machine.kvm.load;

import mayfly.linux.Errno;

/** A file cannot be run as a program; the message says which and why. */
public final class BadProgramException extends Exception {
    private static final long serialVersionUID = 1;

    private final int errno;

    public BadProgramException(String path, String reason) {
        this(path, reason, Errno.ENOEXEC);
    }

    /** @param errno what execve(2) gives for it */
    public BadProgramException(String path, String reason, int errno) {
        super(path + ": " + reason);
        this.errno = errno;
    }

    /** What execve(2) gives for it. */
    public int errno() {
        return errno;
    }
}
