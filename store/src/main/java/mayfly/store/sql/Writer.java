package mayfly.store.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * The group commit: one platform thread (engine calls would pin a virtual thread's carrier) takes what waits in the
 * inbox, writes it in one transaction, and answers when that is durable. While one batch is being synced the next one
 * gathers, so batches grow with the load by themselves.
 *
 * <p>A failure is treated by what it means. One write's own fault: the batch is undone and written again with a
 * savepoint around each write, so that only the faulty one fails. Disk full or locked: the whole batch fails and the
 * next one tries again. Connection lost: a batch whose commit was not yet asked for is written again on a new
 * connection; if it was, nobody knows whether it happened, so only what can be repeated without harm is.
 */
final class Writer implements Runnable {
    private static final Duration BACKOFF_FIRST = Duration.ofMillis(20);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(1);

    private final Dialect dialect;
    private final Inbox inbox;
    private final Duration reconnectMax;
    private @Nullable Session session;
    /** When the database was last lost; null while it is there. */
    private @Nullable Long lostSinceNanos;

    Writer(Dialect dialect, Session session, Inbox inbox, Duration reconnectMax) {
        this.dialect = dialect;
        this.session = session;
        this.inbox = inbox;
        this.reconnectMax = reconnectMax;
    }

    @Override
    public void run() {
        List<Pending<?>> batch = List.of();
        try {
            for (batch = inbox.take(); !batch.isEmpty(); batch = inbox.take()) {
                write(batch);
            }
        } finally {
            // After a broken invariant nobody may wait for an answer that will not come.
            inbox.close();
            StoreException closed = Failures.closed(dialect);
            for (; !batch.isEmpty(); batch = inbox.take()) {
                batch.forEach(pending -> pending.tellFailure(closed));
            }
            disconnect();
        }
    }

    private void write(List<Pending<?>> batch) {
        List<Pending<?>> todo = batch;
        while (!todo.isEmpty()) {
            Attempt attempt = attempt(todo);
            switch (attempt) {
                case Attempt.Done _ -> {
                    lostSinceNanos = null;
                    todo.forEach(Pending::tell);
                    return;
                }
                case Attempt.Failed(var failure) -> {
                    lostSinceNanos = null;
                    todo.forEach(pending -> pending.tellFailure(failure));
                    return;
                }
                case Attempt.Lost(var cause, var asked) -> todo = afterLoss(todo, Failures.of(dialect, cause), asked);
            }
        }
    }

    /** How one try to write a batch ended. */
    private sealed interface Attempt {
        record Done() implements Attempt {}

        record Failed(StoreException failure) implements Attempt {}

        /** The connection broke; {@code asked}: when the commit was on its way. */
        record Lost(SQLException cause, boolean asked) implements Attempt {}
    }

    private Attempt attempt(List<Pending<?>> batch) {
        boolean asked = false;
        batch.forEach(Pending::reset);
        try {
            Session current = connected();
            try {
                dialect.begin(current);
                apply(current, batch);
                asked = true;
                dialect.commit(current);
                return new Attempt.Done();
            } catch (SQLException | RuntimeException e) {
                undo(current);
                throw e;
            }
        } catch (SQLException e) {
            return switch (dialect.trouble(e)) {
                case LOST -> {
                    disconnect();
                    yield new Attempt.Lost(e, asked);
                }
                case BROKEN -> {
                    disconnect();
                    yield new Attempt.Failed(Failures.of(dialect, e));
                }
                case FULL, LOCKED, OWN -> new Attempt.Failed(Failures.of(dialect, e));
            };
        } catch (StoreException e) {
            return new Attempt.Failed(e);
        }
    }

    private Session connected() throws SQLException {
        Session current = session;
        if (current == null) {
            current = dialect.openWriter();
            session = current;
        }
        return current;
    }

    /** Writes all, or, when that fails for a reason of one write's own, one by one. */
    private void apply(Session current, List<Pending<?>> batch) throws SQLException {
        try {
            run(current, batch);
        } catch (SQLException e) {
            if (dialect.trouble(e) != Dialect.Trouble.OWN) {
                throw e;
            }
            dialect.rollback(current);
            dialect.begin(current);
            oneByOne(current, batch);
        }
    }

    private void run(Session current, List<Pending<?>> batch) throws SQLException {
        try {
            for (Plan.Step step : Plan.of(batch)) {
                step.run(current, dialect);
            }
        } catch (RuntimeException e) {
            // A value that the engine's driver cannot take is the fault of one write, not the end of the store.
            throw new SQLException("cannot be written: " + e, e);
        }
    }

    private void oneByOne(Session current, List<Pending<?>> batch) throws SQLException {
        for (Pending<?> pending : batch) {
            current.execute("SAVEPOINT one");
            try {
                run(current, List.of(pending));
            } catch (SQLException e) {
                if (dialect.trouble(e) != Dialect.Trouble.OWN) {
                    throw e;
                }
                current.execute("ROLLBACK TO SAVEPOINT one");
                pending.failed(Failures.of(dialect, e));
            }
            current.execute("RELEASE SAVEPOINT one");
        }
    }

    private void undo(Session current) {
        try {
            dialect.rollback(current);
        } catch (SQLException e) {
            // Its state is unknown, so it is not used again; the cause of the rollback is what gets reported.
            disconnect();
        }
    }

    /** What is to be written again after the connection was lost, waiting a little; answers the rest. */
    private List<Pending<?>> afterLoss(List<Pending<?>> batch, StoreException failure, boolean asked) {
        long now = System.nanoTime();
        long since = lostSinceNanos == null ? now : lostSinceNanos;
        lostSinceNanos = since;
        if (now - since > reconnectMax.toNanos()) {
            batch.forEach(pending -> pending.tellFailure(failure));
            return List.of();
        }
        List<Pending<?>> again = new ArrayList<>();
        for (Pending<?> pending : batch) {
            if (!asked || Write.repeatable(pending.write())) {
                again.add(pending);
            } else {
                pending.tellFailure(new StoreException(
                        StoreException.Kind.FAILED, failure.getMessage() + "; whether this write happened is unknown"));
            }
        }
        // Waits as long again as it has waited: 20 ms, 40 ms, ... without a count to keep.
        long waited = Math.clamp(now - since, BACKOFF_FIRST.toNanos(), BACKOFF_MAX.toNanos());
        LockSupport.parkNanos(waited);
        return again;
    }

    private void disconnect() {
        Session old = session;
        session = null;
        if (old != null) {
            old.abandon();
        }
    }
}
