package mayfly.machine.kvm.program;

import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** Waits for time to pass, and tells how much was left when a signal ended it. */
final class Sleep implements Wait {
    private final Program program;
    private final long deadline;
    private final long remainder;

    /**
     * @param deadline in {@link System#nanoTime} time
     * @param remainder address of a struct timespec for what was left; 0: nobody wants to know
     */
    Sleep(Program program, long deadline, long remainder) {
        this.program = program;
        this.deadline = deadline;
        this.remainder = remainder;
    }

    @Override
    public long poll() {
        return PENDING;
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public void cancel() {
        long left = deadline - System.nanoTime();
        if (remainder != 0 && left > 0) {
            try {
                Clocks.putTimespec(program.space(), remainder, left);
            } catch (GuestFault unmapped) {
                // the program is told EINTR, and has nowhere to be told more
            }
        }
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        out.number(SavedWaits.SLEEP);
        out.time(deadline);
        out.number(remainder);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new Sleep(other, deadline, remainder);
    }
}
