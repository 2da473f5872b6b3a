package mayfly.node;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mayfly.base.Clock;
import mayfly.base.InvocationId;
import mayfly.base.RefusedException;
import mayfly.store.InvocationRecord;
import mayfly.store.Store;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * Carries the records of calls in flight to the store without holding calls up. A call that ends within
 * {@link #BEGIN_DELAY_NANOS} is written once, at its end; a longer one also when it began, so that a crash loses the
 * records of the last milliseconds only. When the store falls behind, {@link #relaxed} blocks (back-pressure); when it
 * fails, new calls are refused until a write succeeds again.
 */
final class Recorder implements AutoCloseable {
    static final long BEGIN_DELAY_NANOS = 5_000_000;
    private static final long AGAIN_NANOS = 1_000_000_000;
    private static final int UNWRITTEN_MAX = 8_192;

    /** The end of a call that somebody waits for. */
    private record Waited(CompletableFuture<Void> end, int readers) {}

    private record Begun(InvocationId id, long atNanos) {}

    private final Store store;
    private final Clock clock;
    private final Map<InvocationId, InvocationRecord> live = new ConcurrentHashMap<>();
    /** Calls that the store knows as pending: it is to know when they began to run, too. */
    private final Set<InvocationId> storedPending = ConcurrentHashMap.newKeySet();

    private final Map<InvocationId, Waited> waiters = new ConcurrentHashMap<>();
    private final Semaphore unwritten = new Semaphore(UNWRITTEN_MAX);
    private final ScheduledExecutorService timers;
    private final ArrayDeque<Begun> begun = new ArrayDeque<>(); // guarded by itself
    private boolean flushPlanned; // guarded by begun
    private volatile boolean closed;
    private volatile @Nullable StoreException failing;

    Recorder(Store store, Clock clock, ScheduledExecutorService timers) {
        this.store = store;
        this.clock = clock;
        this.timers = timers;
    }

    /** Refuses new calls while the store does not take writes; finds out whether it does again. */
    void check(CallShell first) throws RefusedException {
        if (failing != null) {
            await(store.putInvocation(first.record()));
            failing = null;
        }
    }

    /** Takes note of a change that need not be on disk yet; blocks only when the store is far behind. */
    void relaxed(InvocationRecord record) {
        if (record.mode().equals("async")) {
            write(record); // readers find it in the store, with its payload
        } else if (record.endedAt() != null) {
            live.put(record.id(), record);
            storedPending.remove(record.id());
            write(record);
        } else if (live.put(record.id(), record) == null) {
            noteBegun(record.id());
        } else if (!storedPending.isEmpty() && storedPending.remove(record.id())) {
            writeBegun(record);
        }
    }

    /** Writes a change and waits until it is on disk. */
    void held(InvocationRecord record) throws RefusedException {
        try {
            await(store.putInvocation(record));
        } catch (RefusedException e) {
            writeAgain(record); // the caller hears of it; the record is to tell the truth as soon as it can
            throw e;
        }
        live.remove(record.id());
        announce(record);
    }

    private void write(InvocationRecord record) {
        unwritten.acquireUninterruptibly();
        var _ = store.putInvocation(record).whenComplete((_, failure) -> {
            unwritten.release();
            if (failure != null) {
                failing = asStoreFailure(failure);
                writeAgain(record);
            } else {
                live.remove(record.id(), record);
                announce(record);
            }
        });
    }

    /**
     * An end that could not be written is tried again until it can: readers see it here meanwhile. There are only as many
     * as calls were in flight when the store began to fail, because new ones are refused.
     */
    private void writeAgain(InvocationRecord record) {
        if (record.endedAt() != null && !closed) {
            live.put(record.id(), record);
            announce(record);
            after(AGAIN_NANOS, () -> write(record));
        }
    }

    /** The call when it has ended, or as it is after the given time; empty when there is none. */
    Optional<InvocationRecord> await(InvocationId id, Duration limit) {
        Waited waited = waiters.compute(
                id,
                (_, others) -> others == null
                        ? new Waited(new CompletableFuture<>(), 1)
                        : new Waited(others.end(), others.readers() + 1));
        try {
            Optional<InvocationRecord> now = find(id); // after registering, so no end is missed
            if (now.isPresent() && now.get().endedAt() == null && limit.isPositive()) {
                waited.end().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (TimeoutException e) {
            return find(id);
        } catch (ExecutionException e) {
            throw new AssertionError("ends complete normally", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waiters.computeIfPresent(
                    id, (_, all) -> all.readers() == 1 ? null : new Waited(all.end(), all.readers() - 1));
        }
        return find(id);
    }

    private void announce(InvocationRecord record) {
        if (record.endedAt() != null) {
            Waited waited = waiters.get(record.id());
            if (waited != null) {
                waited.end().complete(null);
            }
        }
    }

    Optional<InvocationRecord> find(InvocationId id) {
        InvocationRecord inFlight = live.get(id);
        return inFlight != null ? Optional.of(inFlight) : store.invocation(id);
    }

    /** Waits for a write; a failure of the store becomes a refusal that tells the caller what to do. */
    static <T extends @Nullable Object> T await(CompletableFuture<T> write) throws RefusedException {
        try {
            return write.join();
        } catch (java.util.concurrent.CompletionException e) {
            StoreException failure = asStoreFailure(e);
            System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, "refused: " + failure.getMessage());
            throw StoreRefusal.of(failure);
        }
    }

    private static StoreException asStoreFailure(Throwable failure) {
        Throwable cause =
                failure.getCause() != null && !(failure instanceof StoreException) ? failure.getCause() : failure;
        return cause instanceof StoreException known
                ? known
                : new StoreException(StoreException.Kind.FAILED, "the store failed: " + cause, cause);
    }

    private void noteBegun(InvocationId id) {
        boolean plan;
        synchronized (begun) {
            begun.add(new Begun(id, clock.nanos()));
            plan = !flushPlanned;
            flushPlanned = true;
        }
        if (plan) {
            after(BEGIN_DELAY_NANOS, this::flush);
        }
    }

    private void after(long nanos, Runnable work) {
        try {
            var _ = timers.schedule(() -> Thread.ofVirtual().name("recorder").start(work), nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            assert closed; // the node ends: what is not written by now is lost, as by a crash
        }
    }

    /** Writes the records of calls that have been running long enough, and plans to look again. */
    private void flush() {
        while (!closed) {
            InvocationId due;
            synchronized (begun) {
                Begun oldest = begun.peek();
                if (oldest == null) {
                    flushPlanned = false;
                    return;
                }
                long age = clock.nanos() - oldest.atNanos();
                if (age < BEGIN_DELAY_NANOS) {
                    after(BEGIN_DELAY_NANOS - age, this::flush);
                    return;
                }
                due = begun.remove().id();
            }
            flush(due);
        }
    }

    private void flush(InvocationId due) {
        storedPending.add(due); // before the look: a call that begins to run after it writes that itself
        InvocationRecord record = live.get(due);
        if (record == null || record.endedAt() != null || record.startedAt() != null) {
            storedPending.remove(due);
        }
        if (record != null && record.endedAt() == null) {
            writeBegun(record);
        }
    }

    private void writeBegun(InvocationRecord record) {
        var _ = store.putInvocation(record).whenComplete((_, failure) -> {
            if (failure != null) {
                failing = asStoreFailure(failure);
            }
        });
    }

    /** Waits until every record that was handed in is written; ends whose write failed before are tried a last time. */
    @Override
    public void close() {
        closed = true;
        unwritten.acquireUninterruptibly(UNWRITTEN_MAX);
        unwritten.release(UNWRITTEN_MAX);
        List<CompletableFuture<Void>> last = live.values().stream()
                .filter(record -> record.endedAt() != null)
                .map(store::putInvocation)
                .toList();
        for (CompletableFuture<Void> write : last) {
            try {
                await(write);
            } catch (RefusedException e) {
                assert closed; // logged by await; the store has failed since before
            }
        }
    }
}
