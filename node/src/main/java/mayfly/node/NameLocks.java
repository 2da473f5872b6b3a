package mayfly.node;

import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import mayfly.base.RefusedException;
import mayfly.store.StoreException;

/** One change of a name at a time; a thread that has a name's lock may take it again, and takes no other. */
final class NameLocks {
    private static final int LOCKS = 1024; // names that hash alike share one

    private final ReentrantLock[] names =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toArray(ReentrantLock[]::new);

    /** What is done under a lock. */
    interface Work<T> {
        T run() throws RefusedException, ProgramFailedException;
    }

    <T> T locked(String name, Work<T> work) throws RefusedException, ProgramFailedException {
        ReentrantLock lock = names[Math.floorMod(name.hashCode(), names.length)];
        lock.lock();
        try {
            return work.run();
        } catch (StoreException e) {
            throw StoreRefusal.of(e);
        } finally {
            lock.unlock();
        }
    }

    /** For what starts no program. */
    <T> T lockedPlainly(String name, Work<T> work) throws RefusedException {
        try {
            return locked(name, work);
        } catch (ProgramFailedException e) {
            throw new AssertionError("no program was started", e);
        }
    }
}
