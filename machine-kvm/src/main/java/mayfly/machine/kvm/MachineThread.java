package mayfly.machine.kvm;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import mayfly.linux.ErrnoException;
import mayfly.linux.ThreadSignal;

/**
 * The platform thread that a machine belongs to: KVM works best when a processor is always run by one thread, and a
 * thread in KVM_RUN cannot carry virtual threads.
 */
final class MachineThread implements AutoCloseable {
    private static final long STACK_BYTES = 256 << 10;

    /** Work for the thread. */
    @FunctionalInterface
    interface Job {
        void run(ThreadSignal signal);
    }

    private final BlockingQueue<Job> jobs = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean ending;
    private boolean closed; // guarded by this

    MachineThread(String name) {
        thread = Thread.ofPlatform().daemon().name(name).stackSize(STACK_BYTES).start(this::serve);
    }

    private void serve() {
        try (ThreadSignal signal = ThreadSignal.ofThisThread()) {
            while (!ending || !jobs.isEmpty()) {
                jobs.take().run(signal);
            }
        } catch (ErrnoException e) {
            throw new IllegalStateException("no timer for a machine's thread", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Queues a job; false when the thread takes none any more, and the job will not run. */
    synchronized boolean submit(Job job) {
        return !closed && jobs.add(job);
    }

    /** Ends a wait of the thread in {@link LockSupport#parkNanos}. */
    void unpark() {
        LockSupport.unpark(thread);
    }

    /** Ends it after the jobs that are queued. */
    @Override
    public synchronized void close() {
        if (submit(_ -> ending = true)) {
            closed = true;
        }
    }
}
