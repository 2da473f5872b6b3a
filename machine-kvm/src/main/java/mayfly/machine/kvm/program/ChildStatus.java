package mayfly.machine.kvm.program;

/**
 * How a process ended, as its parent hears of it (wait(2)).
 *
 * @param process its number
 * @param code CLD_EXITED or CLD_KILLED
 * @param value the exit status or the signal
 */
record ChildStatus(int process, int code, int value) {
    // asm-generic/siginfo.h
    static final int CLD_EXITED = 1;
    static final int CLD_KILLED = 2;

    /** Of one that ended. */
    static ChildStatus of(GuestProcess process) {
        return switch (process.end) {
            case Stop.Exited(int code) -> new ChildStatus(process.id, CLD_EXITED, code);
            case Stop.Killed(int signal, String _) -> new ChildStatus(process.id, CLD_KILLED, signal);
            case null, default -> throw new IllegalStateException("process " + process.id + " did not end");
        };
    }

    /** As wait4(2) writes it. */
    int word() {
        return code == CLD_EXITED ? value << 8 : value;
    }

    SignalInfo info(int signal) {
        return SignalInfo.child(signal, code, process, value);
    }
}
