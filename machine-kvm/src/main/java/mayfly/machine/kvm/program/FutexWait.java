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

    private FutexWait(Futexes<GuestThread> futexes, Futexes.Place<GuestThread> place, long deadline) {
        this.futexes = futexes;
        this.place = place;
        this.deadline = deadline;
    }

    /** @param deadline in {@link System#nanoTime} time */
    static FutexWait begin(Futexes<GuestThread> futexes, GuestThread thread, long address, int bits, long deadline) {
        return new FutexWait(futexes, futexes.add(thread, address, bits), deadline);
    }

    /** One that was saved. */
    static FutexWait load(StateIn in, Futexes<GuestThread> futexes, GuestThread thread) throws DamagedException {
        long address = in.longNumber();
        int bits = in.number();
        in.require(bits != 0, "a wait for nothing");
        long order = in.longNumber(at -> at > 0 && at < Long.MAX_VALUE / 2, "a place in a queue");
        return new FutexWait(futexes, futexes.addSaved(thread, address, bits, order), in.time());
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
        out.number(place.address());
        out.number(place.bits);
        out.number(place.order());
        out.time(deadline);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new FutexWait(other.futexes(), other.futexes().addCopy(copied, place), deadline);
    }

    @Override
    public void cancel() {
        futexes.remove(place);
    }
}
