package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** Waits by making the same call again until it does not want to wait. */
final class Retry implements Wait {
    private final Program program;
    private final GuestThread thread;
    private final long deadline;
    private final long timeoutResult;

    Retry(Program program, GuestThread thread, long deadline, long timeoutResult) {
        this.program = program;
        this.thread = thread;
        this.deadline = deadline;
        this.timeoutResult = timeoutResult;
    }

    @Override
    public long poll() {
        try {
            return program.callAgain(thread);
        } catch (GuestFault unmappedMeanwhile) {
            return -Errno.EFAULT;
        }
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public long timeout() {
        return timeoutResult;
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        out.number(SavedWaits.RETRY);
        out.time(deadline);
        out.number(timeoutResult);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new Retry(other, copied, deadline, timeoutResult);
    }
}
