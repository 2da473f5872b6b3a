package mayfly.machine.kvm.program;

/**
 * How clone(2) makes a process.
 *
 * @param bits as given
 */
record CloneFlags(long bits) {
    // linux/sched.h
    static final long VM = 0x100;
    static final long FILES = 0x400;
    static final long SIGHAND = 0x800;
    static final long PIDFD = 0x1000;
    static final long VFORK = 0x4000;
    static final long PARENT = 0x8000;
    static final long THREAD = 0x10000;
    static final long SETTLS = 0x80000;
    static final long PARENT_SETTID = 0x100000;
    static final long CHILD_CLEARTID = 0x200000;
    static final long CHILD_SETTID = 0x1000000;
    /** New namespaces, which need a privilege that programs do not have. */
    static final long NEW = 0x7E02_0000;

    static final CloneFlags FORK = new CloneFlags(Signals.SIGCHLD);
    static final CloneFlags VFORKED = new CloneFlags(VM | VFORK | Signals.SIGCHLD);

    boolean has(long bit) {
        return (bits & bit) != 0;
    }

    /** It runs in its parent's memory. */
    boolean memory() {
        return has(VM);
    }

    /** Its descriptors are its parent's. */
    boolean descriptors() {
        return has(FILES);
    }

    /** Its parent's parent is its own. */
    boolean siblings() {
        return has(PARENT);
    }

    /** The thread that makes it waits until it calls execve(2) or ends. */
    boolean suspends() {
        return has(VFORK);
    }

    /** What the parent is sent at its end; 0: nothing. */
    int exitSignal() {
        return (int) bits & 0xFF;
    }
}
