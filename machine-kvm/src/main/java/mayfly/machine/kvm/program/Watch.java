package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * Waits for files: makes the call again when something may have happened, also by the passing of time alone, and a last
 * time when the deadline passed ({@link #isLast}), so that the call can say so in the program's memory.
 */
final class Watch implements Wait {
    private final Program program;
    private final GuestThread thread;
    private final long deadline;
    /** When a file may become ready by itself. */
    private long next;

    Watch(Program program, GuestThread thread, long deadline, long next) {
        this.program = program;
        this.thread = thread;
        this.deadline = deadline;
        this.next = next;
    }

    /**
     * The current call waits; to be returned by its handler, the first time and again.
     *
     * @param deadline in {@link System#nanoTime} time, counted from the first time; {@link Wait#FOREVER}: none
     * @param next when a file may become ready by itself, as of now
     */
    static long await(Program program, long deadline, long next) {
        program.state().watchedNext = next;
        return program.isAgain() ? PENDING : program.await(new Watch(program, program.current(), deadline, next));
    }

    /** Whether the current call must not wait any more: its time is over. */
    static boolean isLast(Program program) {
        return program.state().watchIsLast;
    }

    /** The deadline that the current call gave when it was made first. */
    static long deadline(Program program) {
        return program.current().wait instanceof Watch watch ? watch.deadline : FOREVER;
    }

    @Override
    public long poll() {
        ProcessState state = program.state();
        state.watchedNext = FOREVER;
        long result;
        try {
            result = program.callAgain(thread);
        } catch (GuestFault unmappedMeanwhile) {
            result = -Errno.EFAULT;
        }
        next = state.watchedNext;
        return result;
    }

    @Override
    public long deadline() {
        return Math.min(deadline, next);
    }

    /** {@link #PENDING} when only a file's time has come, and it was not ready. */
    @Override
    public long timeout() {
        if (deadline == FOREVER || System.nanoTime() - deadline < 0) {
            return poll();
        }
        ProcessState state = program.state();
        state.watchIsLast = true;
        try {
            return Math.max(poll(), PENDING + 1);
        } finally {
            state.watchIsLast = false;
        }
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        out.number(SavedWaits.WATCH);
        out.time(deadline);
        out.time(next);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new Watch(other, copied, deadline, next);
    }
}
