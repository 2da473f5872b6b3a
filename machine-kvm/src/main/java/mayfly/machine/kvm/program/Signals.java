package mayfly.machine.kvm.program;

import mayfly.linux.ErrnoException;

/** A program's signals: actions, what is pending, and delivery. */
public final class Signals {
    public static final int SIGILL = 4;
    public static final int SIGTRAP = 5;
    public static final int SIGBUS = 7;
    public static final int SIGFPE = 8;
    public static final int SIGKILL = 9;
    public static final int SIGSEGV = 11;

    private final Program program;

    Signals(Program program) {
        this.program = program;
    }

    void takeOver(Signals original) {}

    boolean hasDeliverable(GuestThread thread) {
        return false;
    }

    void deliver(GuestThread thread) throws ErrnoException {}

    /** The current thread raised an exception that memory could not answer. */
    void exception(GuestThread thread, int vector) throws ErrnoException {
        int signal = switch (vector) {
            case 0, 16, 19 -> SIGFPE;
            case 1, 3 -> SIGTRAP;
            case 6 -> SIGILL;
            case 17 -> SIGBUS;
            default -> SIGSEGV;
        };
        program.cpu().settle();
        String where = Long.toHexString(program.cpu().get(mayfly.linux.Vcpu.Register.RIP));
        String what =
                vector == 14 ? ", address 0x" + Long.toHexString(program.cpu().faultAddress()) : "";
        program.end(new Stop.Killed(signal, "exception " + vector + " at 0x" + where + what));
    }
}
