package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** What a thread that is blocked in a system call waits for. */
public interface Wait {
    /** Given by {@link #poll} while there is nothing yet. */
    long PENDING = Long.MIN_VALUE;

    /** No deadline. */
    long FOREVER = Long.MAX_VALUE;

    /** The call's result once it has one, else {@link #PENDING}. May be asked at any time and does what the call does. */
    long poll();

    /** Whether {@link #poll} is to be asked; if not, somebody calls {@link Program#wake}. */
    default boolean polled() {
        return true;
    }

    /** When {@link #timeout} is to be asked instead, in {@link System#nanoTime} time; {@link #FOREVER}: never. */
    default long deadline() {
        return FOREVER;
    }

    /** The call's result when the deadline passed; {@link #PENDING} if it has another deadline now. */
    default long timeout() {
        return 0;
    }

    /** The same wait of a copied thread in a copied program. */
    Wait copy(Program other, GuestThread copied);

    /** Takes itself down for a saved snapshot, its kind in front: {@link SavedWaits} reads it. */
    default void save(StateOut out) throws UnsavableException {
        throw new UnsavableException("a thread that waits by a " + getClass().getSimpleName());
    }

    /** The call's result when a signal ends the wait; another one than -EINTR when something was done already. */
    default long interrupted() {
        return -Errno.EINTR;
    }

    /** Whether a signal ends it. */
    default boolean interruptible() {
        return true;
    }

    /** The thread waits no more: a signal came, or it was ended. */
    default void cancel() {}
}
