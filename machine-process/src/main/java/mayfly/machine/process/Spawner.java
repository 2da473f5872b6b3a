package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import mayfly.machine.MachineException;
import org.jspecify.annotations.Nullable;

/** Keeps a spawner running: the next request after its death starts another. Safe for concurrent use. */
final class Spawner implements AutoCloseable {
    /** As many as the spawner works on at once, so that a write to it never blocks. */
    private static final int UNDER_WAY_MAX = 256;

    private static final System.Logger LOG = System.getLogger(Spawner.class.getName());

    private final Path executable;
    private final Path run;
    private final Semaphore underWay = new Semaphore(UNDER_WAY_MAX, true);
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private @Nullable SpawnerProcess current;
    private boolean closed;

    Spawner(Path executable, Path run) {
        this.executable = executable;
        this.run = run;
    }

    /**
     * Has a monitor started for the directory.
     *
     * @return {@code Gone} when the spawner died over it: whether the monitor runs is then to be seen
     * @throws MachineException the spawner cannot be executed, or this was closed
     */
    MonitorAnswer spawn(Path directory, Duration deadline) throws MachineException, InterruptedException {
        underWay.acquire();
        try {
            return running().spawn(directory, deadline.toMillis());
        } finally {
            underWay.release();
        }
    }

    /** Starts the spawner if it does not run. */
    SpawnerProcess running() throws MachineException, InterruptedException {
        lock.lock();
        try {
            if (closed) {
                throw new MachineException("spawner: closed");
            }
            if (current != null && !current.hasEnded()) {
                return current;
            }
            if (current != null) {
                LOG.log(Level.WARNING, "spawner {0} died ({1}); starting another", current.pid(), current.obituary());
            }
            current = SpawnerProcess.start(executable, run);
            return current;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the spawner cannot be started: {0}", e.getMessage());
            throw new MachineException("the spawner cannot be started: " + HostFailure.reason(e), e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (current != null) {
                current.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
