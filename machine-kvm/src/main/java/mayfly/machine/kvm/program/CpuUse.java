package mayfly.machine.kvm.program;

import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * How long a program had the processor, in nanoseconds, its system calls included: what getrusage(2) and the clocks of
 * CPU time tell. Threads are charged when they lose the processor.
 */
final class CpuUse {
    private long total;
    /** {@link System#nanoTime} since when the thread that has the processor has it; meaningless when none has. */
    private long since;

    private boolean running;

    void begin(long now) {
        since = now;
        running = true;
    }

    /** Charges a thread with the time since the last charge. */
    void charge(GuestThread thread, long now) {
        long used = Math.max(0, now - since);
        total += used;
        thread.cpuNanos += used;
        since = now;
    }

    void end() {
        running = false;
    }

    long total(long now) {
        return total + open(now);
    }

    /** Of the thread that has the processor. */
    long ofCurrent(GuestThread thread, long now) {
        return thread.cpuNanos + open(now);
    }

    private long open(long now) {
        return running ? Math.max(0, now - since) : 0;
    }

    void save(StateOut out) throws UnsavableException {
        out.number(total);
    }

    void load(StateIn in) throws DamagedException {
        total = in.size("CPU time");
    }

    CpuUse copy() {
        CpuUse copy = new CpuUse();
        copy.total = total;
        return copy;
    }
}
