package mayfly.node;

import java.lang.reflect.Constructor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import mayfly.base.Clock;

/**
 * Time and threads of a simulation: virtual threads that run one at a time, the next chosen by chance, on a clock that
 * moves when nobody can run. Real shells run here unchanged, in interleavings that a seed repeats. A virtual thread
 * inherits its scheduler, so all that is started from inside stays inside.
 */
final class SimTime implements Clock {
    private record Item(long atNanos, long order, Runnable action) implements Comparable<Item> {
        @Override
        public int compareTo(Item other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

    private final Random random;
    private final Thread.Builder.OfVirtual threads;
    private final List<Runnable> ready = new ArrayList<>();
    private final PriorityQueue<Item> items = new PriorityQueue<>();
    private final Timers timers = new Timers();
    private long order;
    private long nowNanos;
    private long steps;
    private Throwable failure;

    SimTime(Random random) {
        this.random = random;
        this.threads = builder(ready::add);
    }

    /** There is no public way to choose the scheduler of virtual threads; the JDK's own tests use this one. */
    private static Thread.Builder.OfVirtual builder(Executor scheduler) {
        try {
            Constructor<?> constructor = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            return (Thread.Builder.OfVirtual) constructor.newInstance(scheduler);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("this JDK gives virtual threads no scheduler of ours", e);
        }
    }

    @Override
    public Instant now() {
        return START.plusNanos(nowNanos);
    }

    @Override
    public long nanos() {
        return nowNanos;
    }

    ScheduledExecutorService timers() {
        return timers;
    }

    long steps() {
        return steps;
    }

    void start(Runnable work) {
        threads.start(work);
    }

    /** What a thread of the simulation, also one that the shells started, died of. */
    void died(Throwable e) {
        failure = failure == null ? e : failure;
    }

    void inNanos(long nanos, Runnable action) {
        items.add(new Item(nowNanos + nanos, order++, action));
    }

    /** Parks the calling virtual thread for simulated time. */
    void sleep(long nanos) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        inNanos(nanos, () -> over.complete(null));
        over.join();
    }

    /**
     * What is done by no virtual thread: something that may wait for a thread of the JDK, like a cleaner's lock, which would
     * wake the virtual thread from outside of the simulation.
     */
    <T> T outside(Supplier<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        inNanos(0, () -> done.complete(work.get()));
        return done.join();
    }

    /** Runs until nothing is left to happen, or the limits, which mean that something never ends. */
    void runToEnd(int stepsMax, long untilNanos) throws Throwable {
        while (failure == null) {
            if (!ready.isEmpty()) {
                Runnable next = ready.remove(random.nextInt(ready.size()));
                next.run();
                if (++steps > stepsMax) {
                    throw new AssertionError("busy loop: over " + stepsMax + " steps");
                }
            } else if (items.isEmpty()) {
                return;
            } else {
                Item item = items.remove();
                if (item.atNanos() > untilNanos) {
                    throw new AssertionError("something goes on for ever: " + item.action());
                }
                nowNanos = Math.max(nowNanos, item.atNanos());
                item.action().run();
            }
        }
        throw failure;
    }

    /** Timers of the node, on simulated time. */
    private final class Timers extends AbstractExecutorService implements ScheduledExecutorService {
        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            return schedule(Executors.callable(command), delay, unit);
        }

        @Override
        public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
            Timer<V> timer = new Timer<>(callable);
            inNanos(unit.toNanos(Math.max(0, delay)), () -> {
                if (!timer.isCancelled()) {
                    SimTime.this.start(timer); // on a virtual thread, so that what it starts stays inside
                }
            });
            return timer;
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long first, long period, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long first, long delay, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void execute(Runnable command) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void shutdown() {}

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return false;
        }
    }

    private static final class Timer<V> extends FutureTask<V> implements ScheduledFuture<V> {
        Timer(Callable<V> work) {
            super(work);
        }

        @Override
        protected void setException(Throwable e) {
            super.setException(e);
            throw new AssertionError("a timer failed", e);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }
    }
}
