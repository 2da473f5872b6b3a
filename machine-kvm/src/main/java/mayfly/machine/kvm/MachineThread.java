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
    private static final Runnable END = () -> {};
    private static final long STACK_BYTES = 256 << 10;

    /** Work for the thread. */
    @FunctionalInterface
    interface Job {
        void run(ThreadSignal signal);
    }

    private final BlockingQueue<Runnable> jobs = new LinkedBlockingQueue<>();
    private final Thread thread;

    MachineThread(String name) {
        thread = Thread.ofPlatform().daemon().name(name).stackSize(STACK_BYTES).unstarted(this::serve);
    }

    private volatile Job first = _ -> {};

    /** Starts it; the first job runs before all others. */
    void start(Job job) {
        first = job;
        thread.start();
    }

    private ThreadSignal signal() {
        try {
            return ThreadSignal.ofThisThread();
        } catch (ErrnoException e) {
            throw new IllegalStateException("no timer for a machine's thread", e);
        }
    }

    private void serve() {
        try (ThreadSignal signal = signal()) {
            first.run(signal);
            current = signal;
            while (true) {
                Runnable job = jobs.take();
                if (job == END) {
                    return;
                }
                job.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private volatile ThreadSignal current;

    /** Queues a job. */
    void submit(Job job) {
        jobs.add(() -> job.run(current));
    }

    /** Ends a wait of the thread in {@link LockSupport#parkNanos}. */
    void unpark() {
        LockSupport.unpark(thread);
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Ends it after the jobs that are queued. */
    @Override
    public void close() {
        jobs.add(END);
    }
}
