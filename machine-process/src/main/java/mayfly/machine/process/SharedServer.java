package mayfly.machine.process;

import java.util.concurrent.locks.ReentrantLock;
import mayfly.machine.InitFailedException;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Template;

/** One process for all connections of a service, and another one after it ended. */
final class SharedServer implements Template {
    private final Start start;
    private final ReentrantLock lock = new ReentrantLock(); // guards the two; held while the program is started again
    private SandboxTemplate running;
    private boolean closed;

    /** Starts the program once more. */
    interface Start {
        SandboxTemplate begin() throws InitFailedException, MachineException;
    }

    /** Starts it for the first time. */
    SharedServer(Start start) throws InitFailedException, MachineException {
        this.start = start;
        this.running = start.begin();
    }

    @Override
    public Machine fork() throws MachineException {
        lock.lock();
        try {
            if (closed) {
                throw new MachineException("the service's process is closed");
            }
            if (!running.isRunning()) {
                again();
            }
            return place();
        } catch (InitFailedException e) {
            throw new MachineException("the program does not start again: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** Its socket knows sooner than its monitor that the process has ended. */
    private Machine place() throws InitFailedException, MachineException {
        try {
            return running.fork();
        } catch (MachineException ended) {
            again();
            return running.fork();
        }
    }

    private void again() throws InitFailedException, MachineException {
        running.close();
        running = start.begin();
    }

    /** A program that ended is started by the next connection. */
    @Override
    public boolean ping(long timeoutMillis) {
        lock.lock();
        try {
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            running.close();
        } finally {
            lock.unlock();
        }
    }
}
