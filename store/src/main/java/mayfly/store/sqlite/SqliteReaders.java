package mayfly.store.sqlite;

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
import mayfly.store.sql.Readers;
import mayfly.store.sql.Session;

/**
 * A few connections to the file. The engine runs in the calling thread, and native code holds a virtual thread's
 * carrier; that is fine for one row (5 µs), but a long read from a virtual thread goes to a platform thread.
 */
final class SqliteReaders implements Readers {
    private static final int SESSIONS = 3;
    private static final long WAIT_SECONDS = 30;

    private final SqliteDialect dialect;
    /** One permit for each session that may be in use. */
    private final Semaphore permits = new Semaphore(SESSIONS, true);
    // guards idle and closed; no I/O under it
    private final Object lock = new Object();
    private final ArrayDeque<Session> idle = new ArrayDeque<>();
    private boolean closed;
    private final ExecutorService platform = Executors.newFixedThreadPool(
            SESSIONS, Thread.ofPlatform().daemon().name("store-reader-", 0).factory());

    SqliteReaders(SqliteDialect dialect) {
        this.dialect = dialect;
    }

    @Override
    public <T> T brief(Query<T> query) throws SQLException {
        acquire();
        try {
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
        } finally {
            permits.release();
        }
    }

    private void acquire() {
        try {
            if (!permits.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new StoreException(
                        Kind.BUSY, "sqlite store at " + dialect.place() + ": too many reads under way");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Kind.FAILED, "interrupted while waiting to read", e);
        }
    }

    private Session take() throws SQLException {
        Session session;
        synchronized (lock) {
            if (closed) {
                throw closed();
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

    private StoreException closed() {
        return new StoreException(Kind.CLOSED, "sqlite store at " + dialect.place() + " is closed");
    }

    @Override
    public <T> T lengthy(Query<T> query) throws SQLException {
        if (!Thread.currentThread().isVirtual()) {
            return brief(query);
        }
        try {
            return platform.submit(() -> brief(query)).get();
        } catch (RejectedExecutionException e) {
            throw closed();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Kind.FAILED, "interrupted while reading", e);
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
            try {
                session.close();
            } catch (SQLException e) {
                System.getLogger(SqliteReaders.class.getName())
                        .log(System.Logger.Level.DEBUG, "closing a reader of " + dialect.place(), e);
            }
        }
        // Those that were reading close their sessions themselves; all of them are through when all permits are here.
        permits.acquireUninterruptibly(SESSIONS);
        permits.release(SESSIONS);
    }
}
