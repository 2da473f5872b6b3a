package mayfly.checks.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Threads that do the same again and again until they are told to stop, or the node they talk to is gone. */
final class Load implements AutoCloseable {
    /** One call; a node that was killed meanwhile makes it throw CompletionException. */
    @FunctionalInterface
    interface Work {
        void once(int number);
    }

    private final List<Thread> threads = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    /** Each call is told a number of its own. */
    static Load of(int count, Work work) {
        Load load = new Load();
        for (int i = 0; i < count; i++) {
            int first = i;
            load.threads.add(Thread.ofVirtual().start(() -> load.run(first, count, work)));
        }
        return load;
    }

    private void run(int first, int step, Work work) {
        try {
            for (int number = first; !stopped; number += step) {
                work.once(number);
            }
        } catch (CompletionException e) {
            stopped = true; // no answer: what was asked may or may not have happened
        } catch (AssertionError | RuntimeException e) {
            failures.add(e);
        }
    }

    /** Ends it, and fails with what any of the threads failed with. */
    @Override
    public void close() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        Throwable failure = failures.poll();
        if (failure != null) {
            throw new AssertionError("under load: " + failure.getMessage(), failure);
        }
    }
}
