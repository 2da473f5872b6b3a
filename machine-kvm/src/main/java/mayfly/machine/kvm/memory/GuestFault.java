package mayfly.machine.kvm.memory;

/** The guest gave an address that it may not use in this way: EFAULT. Has no stack trace, so that it costs nothing. */
public final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    GuestFault() {
        super("bad address", null, false, false);
    }
}
