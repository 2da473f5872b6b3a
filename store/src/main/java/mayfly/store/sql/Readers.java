package mayfly.store.sql;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import mayfly.store.StoreException;
import mayfly.store.StoreException.Kind;
import mayfly.store.sql.Dialect.Trouble;

/**
 * A few sessions for reading, connected when they are first needed. Any thread may ask; it waits for a free session.
 * The embedded engine runs in the calling thread, and native code holds a virtual thread's carrier; that is fine for
 * one row (microseconds), but a long read from a virtual thread is done by a platform thread.
 */
final class Readers implements AutoCloseable {
    private static final int SESSIONS = 4;
    private static final long WAIT_SECONDS = 30;

    /** What to read. */
    interface Query<T> {
        T on(Session session) throws SQLException;
    }

    private final Dialect dialect;
    /** One permit for each session that may be in use. */
    private final Semaphore permits = new Semaphore(SESSIONS, true);
    // guards idle and closed; no I/O under it
    private final Object lock = new Object();
    private final ArrayDeque<Session> idle = new ArrayDeque<>();
    private boolean closed;
    private final ExecutorService platform = Executors.newFixedThreadPool(
            SESSIONS, Thread.ofPlatform().daemon().name("store-reader-", 0).factory());

    Readers(Dialect dialect) {
        this.dialect = dialect;
    }

    /** A read that takes microseconds: one row by its key. */
    <T> T brief(Query<T> query) throws SQLException {
        acquire();
        try {
            // After a server's restart every idle session is broken; each is found out only by using it.
            for (int attempt = 1; ; attempt++) {
                try {
                    return once(query);
                } catch (SQLException e) {
                    if (attempt > SESSIONS || dialect.trouble(e) != Trouble.LOST) {
                        throw e;
                    }
                }
            }
        } finally {
            permits.release();
        }
    }

    private <T> T once(Query<T> query) throws SQLException {
        Session session = take();
        boolean whole = false;
        try {
            T answer = query.on(session);
            whole = true;
            return answer;
        } finally {
            if (whole) {
                putBack(session);
            } else {
                session.close();
            }
        }
    }

    /** A read that may take long: a list, a large value. */
    <T> T lengthy(Query<T> query) throws SQLException {
        if (!dialect.holdsCarrier() || !Thread.currentThread().isVirtual()) {
            return brief(query);
        }
        try {
            return platform.submit(() -> brief(query)).get();
        } catch (RejectedExecutionException e) {
            throw Failures.closed(dialect);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            if (e.getCause() instanceof StoreException cause) {
                throw cause;
            }
            throw new StoreException(Kind.FAILED, "reading failed: " + e.getCause(), e);
        }
    }

    private void acquire() {
        try {
            if (!permits.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new StoreException(
                        Kind.BUSY, dialect.engine() + " store at " + dialect.place() + ": too many reads under way");
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static StoreException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new StoreException(Kind.FAILED, "interrupted while reading", e);
    }

    private Session take() throws SQLException {
        Session session;
        synchronized (lock) {
            if (closed) {
                throw Failures.closed(dialect);
            }
            session = idle.poll();
        }
        return session == null ? dialect.openReader() : session;
    }

    private void putBack(Session session) throws SQLException {
        synchronized (lock) {
            if (!closed) {
                idle.push(session);
                return;
            }
        }
        session.close();
    }

    /** Waits for reads under way; later ones fail with StoreException CLOSED. */
    @Override
    public void close() {
        platform.shutdown();
        ArrayDeque<Session> rest;
        synchronized (lock) {
            closed = true;
            rest = new ArrayDeque<>(idle);
            idle.clear();
        }
        for (Session session : rest) {
            session.abandon();
        }
        // Sessions in use are closed by those who use them; when all permits are here, all of them are through.
        permits.acquireUninterruptibly(SESSIONS);
        permits.release(SESSIONS);
    }
}
