package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** A thread waits at an address until another thread wakes it. */
final class FutexWait implements Wait {
    private final Futexes<GuestThread> futexes;
    private final Futexes.Place<GuestThread> place;
    private final long deadline;
    /** Whether it waits by where the word is in memory. */
    private final boolean shared;

    private FutexWait(Futexes<GuestThread> futexes, boolean shared, Futexes.Place<GuestThread> place, long deadline) {
        this.futexes = futexes;
        this.shared = shared;
        this.place = place;
        this.deadline = deadline;
    }

    /** @param deadline in {@link System#nanoTime} time */
    static FutexWait begin(Program program, boolean shared, long address, int bits, long deadline) {
        Futexes<GuestThread> futexes = of(program, program.current(), shared);
        return new FutexWait(futexes, shared, futexes.add(program.current(), address, bits), deadline);
    }

    private static Futexes<GuestThread> of(Program program, GuestThread thread, boolean shared) {
        return shared ? program.sharedFutexes : thread.process.futexes;
    }

    /** One that was saved. */
    static FutexWait load(StateIn in, Program program, GuestThread thread) throws DamagedException {
        boolean shared = in.flag();
        long address = in.longNumber();
        int bits = in.number();
        in.require(bits != 0, "a wait for nothing");
        long order = in.longNumber(at -> at > 0 && at < Long.MAX_VALUE / 2, "a place in a queue");
        Futexes<GuestThread> futexes = of(program, thread, shared);
        return new FutexWait(futexes, shared, futexes.addSaved(thread, address, bits, order), in.time());
    }

    @Override
    public long poll() {
        return PENDING; // who wakes it says so
    }

    @Override
    public boolean polled() {
        return false;
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public long timeout() {
        return -Errno.ETIMEDOUT;
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        out.number(SavedWaits.FUTEX);
        out.flag(shared);
        out.number(place.address());
        out.number(place.bits);
        out.number(place.order());
        out.time(deadline);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        Futexes<GuestThread> futexesThere = of(other, copied, shared);
        return new FutexWait(futexesThere, shared, futexesThere.addCopy(copied, place), deadline);
    }

    @Override
    public void cancel() {
        futexes.remove(place);
    }
}
