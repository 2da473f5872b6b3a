package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** rt_sigtimedwait(2): a thread waits for a signal of a set, and takes it. */
final class SignalWait implements Wait {
    private final Program program;
    private final GuestThread thread;
    private final long set;
    private final long info;
    private final long deadline;

    /**
     * @param set signals, one bit each
     * @param info address for the signal's siginfo_t; 0: none
     * @param deadline in {@link System#nanoTime} time
     */
    SignalWait(Program program, GuestThread thread, long set, long info, long deadline) {
        this.program = program;
        this.thread = thread;
        this.set = set;
        this.info = info;
        this.deadline = deadline;
    }

    boolean wants(long bit) {
        return (set & bit) != 0;
    }

    @Override
    public long poll() {
        SignalInfo taken = program.signals().take(thread, set);
        if (taken == null) {
            return PENDING;
        }
        if (info != 0) {
            try {
                program.space().write(info, taken.toBytes());
            } catch (GuestFault badAddress) {
                return -Errno.EFAULT; // the signal is gone, as on Linux
            }
        }
        return taken.signal();
    }

    @Override
    public boolean polled() {
        return false; // who sends a signal asks it
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public long timeout() {
        return -Errno.EAGAIN;
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        out.number(SavedWaits.SIGNAL);
        out.number(set);
        out.number(info);
        out.time(deadline);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new SignalWait(other, copied, set, info, deadline);
    }
}
