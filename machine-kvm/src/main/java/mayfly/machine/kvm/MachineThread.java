package mayfly.machine.kvm;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import mayfly.linux.ErrnoException;
import mayfly.linux.ThreadSignal;
import mayfly.machine.MachineException;

/**
 * The platform thread that a machine belongs to: KVM works best when a processor is always run by one thread, and a
 * thread in KVM_RUN cannot carry virtual threads.
 */
final class MachineThread implements AutoCloseable {
    private static final long STACK_BYTES = 256 << 10;

    /** Work for the thread. Must not throw: nobody would run what is queued behind it. */
    @FunctionalInterface
    interface Job {
        void run(ThreadSignal signal);
    }

    private final BlockingQueue<Job> jobs = new LinkedBlockingQueue<>();
    private final CompletableFuture<ThreadSignal> ready = new CompletableFuture<>();
    private final Thread thread;
    private volatile boolean ending;
    private boolean closed; // guarded by this

    private MachineThread(String name) {
        thread = Thread.ofPlatform().daemon().name(name).stackSize(STACK_BYTES).unstarted(this::serve);
    }

    /**
     * A running thread.
     *
     * @throws MachineException the host has no timer left for it
     */
    static MachineThread start(String name) throws MachineException {
        MachineThread started = new MachineThread(name);
        started.thread.start();
        try {
            started.ready.join();
            return started;
        } catch (CompletionException e) {
            throw new MachineException("no thread for a virtual machine: " + e.getCause(), e);
        }
    }

    private void serve() {
        try (ThreadSignal signal = ThreadSignal.ofThisThread()) {
            ready.complete(signal);
            while (!ending || !jobs.isEmpty()) {
                jobs.take().run(signal);
            }
        } catch (ErrnoException e) {
            ready.completeExceptionally(e);
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
