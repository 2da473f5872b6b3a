package mayfly.machine.process;

import java.time.Duration;
import java.util.Optional;
import mayfly.linux.ErrnoException;
import mayfly.linux.Flock;

/**
 * Holds the lock of a directory in which no monitor ever was: until it is closed none can come in, and what is done to
 * the directory meanwhile is done to a command that does not run. After the death of a node or of a spawner a monitor
 * that they asked for may still be on its way, so only here may it be decided that a command never ran.
 */
final class SupervisedFence implements AutoCloseable {
    /** Who only looks lets go of the lock at once; monitors are as patient with them. */
    private static final int TRIES = 20;

    private static final Duration PAUSE = Duration.ofMillis(5);

    private final Flock lock;

    private SupervisedFence(Flock lock) {
        this.lock = lock;
    }

    /**
     * @param directory exists
     * @return empty when a monitor has the directory, or had it
     */
    static Optional<SupervisedFence> raise(SupervisedDirectory directory) throws ErrnoException, InterruptedException {
        for (int tries = 0; tries < TRIES && !StatusFile.exists(directory); tries++) {
            if (tries > 0) {
                Thread.sleep(PAUSE);
            }
            Optional<SupervisedFence> fence = raiseNow(directory);
            if (fence.isPresent()) {
                return fence;
            }
        }
        return Optional.empty();
    }

    /** The same without patience: empty also when somebody was just looking. */
    static Optional<SupervisedFence> raiseNow(SupervisedDirectory directory) throws ErrnoException {
        Optional<Flock> lock = Flock.tryLock(directory.file("lock"));
        if (lock.isPresent() && StatusFile.exists(directory)) {
            lock.get().close();
            return Optional.empty();
        }
        return lock.map(SupervisedFence::new);
    }

    @Override
    public void close() {
        lock.close();
    }
}
