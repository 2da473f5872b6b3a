package mayfly.linux;

/** The kernel refused a call: which one, why, and on which object. */
public final class ErrnoException extends Exception {
    private final String call;
    private final int errno;
    private final String object;

    /**
     * @param call the system call's name, as in its manual page
     * @param errno the positive number the kernel gave
     * @param object what it was called on: a path, "pid 17"
     */
    public ErrnoException(String call, int errno, String object) {
        super(call + " " + object + ": " + Errno.name(errno) + " (" + errno + ")");
        this.call = call;
        this.errno = errno;
        this.object = object;
    }

    public String call() {
        return call;
    }

    /** See {@link Errno} for the names. */
    public int errno() {
        return errno;
    }

    public String object() {
        return object;
    }
}
