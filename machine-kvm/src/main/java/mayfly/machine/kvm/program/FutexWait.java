package mayfly.machine.kvm.program;

import mayfly.linux.Errno;

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
    public Wait copy(Program other, GuestThread copied) {
        return new FutexWait(other.futexes(), other.futexes().addCopy(copied, place), deadline);
    }

    @Override
    public void cancel() {
        futexes.remove(place);
    }
}
