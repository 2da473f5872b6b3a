package mayfly.node;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many connections may wait for a machine: beyond that no more are accepted, and the kernel holds them. Connections
 * whose machine was gone wait again without asking for room, so that none is hung up on for a neighbour's sake.
 */
final class WaitingRoom {
    private final ReentrantLock lock = new ReentrantLock(); // guards the fields
    private final Condition changed = lock.newCondition();
    private int places;
    private int taken;
    private boolean closed;

    WaitingRoom(int places) {
        this.places = places;
    }

    /** Blocks until there is a place, and takes it; false: the room was closed. */
    boolean enter() {
        lock.lock();
        try {
            while (taken >= places && !closed) {
                changed.awaitUninterruptibly();
            }
            if (!closed) {
                taken++;
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    void leave() {
        lock.lock();
        try {
            taken--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void resize(int newPlaces) {
        lock.lock();
        try {
            places = newPlaces;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whoever waits to enter, and whoever comes, is turned away. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
