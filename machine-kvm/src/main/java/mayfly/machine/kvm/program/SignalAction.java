package mayfly.machine.kvm.program;

import mayfly.machine.kvm.memory.AddressSpace;

/**
 * What happens at a signal (sigaction(2)).
 *
 * @param handler address, or {@link #DEFAULT}, {@link #IGNORE}
 * @param flags SA_...
 * @param restorer address that the handler returns to
 * @param mask blocked while it runs
 */
record SignalAction(long handler, long flags, long restorer, long mask) {
    static final int BYTES = 32;
    static final long DEFAULT = 0;
    static final long IGNORE = 1;

    // asm/signal.h
    static final long NO_CHILD_WAIT = 2;
    static final long ON_STACK = 0x0800_0000;
    static final long RESTART = 0x1000_0000;
    static final long NO_DEFER = 0x4000_0000;
    static final long RESET = 0x8000_0000L;
    static final long RESTORER = 0x0400_0000;

    static final SignalAction NONE = new SignalAction(DEFAULT, 0, 0, 0);

    boolean has(long flag) {
        return (flags & flag) != 0;
    }

    /** Reads struct kernel_sigaction. */
    static SignalAction read(AddressSpace space, long at) {
        return new SignalAction(
                space.getLong(at), space.getLong(at + 8), space.getLong(at + 16), space.getLong(at + 24));
    }

    void write(AddressSpace space, long at) {
        space.putLong(at, handler);
        space.putLong(at + 8, flags);
        space.putLong(at + 16, restorer);
        space.putLong(at + 24, mask);
    }
}
