package mayfly.store.sql;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;

/** How a store's calls reach the engine: writes by the inbox, reads by the readers; failures become StoreException. */
final class Access {
    private final Dialect dialect;
    private final Inbox inbox;
    private final Readers readers;

    Access(Dialect dialect, Inbox inbox, Readers readers) {
        this.dialect = dialect;
        this.inbox = inbox;
        this.readers = readers;
    }

    <T> CompletableFuture<T> hand(Write<T> write) {
        Pending<T> pending = new Pending<>(write);
        switch (inbox.offer(pending)) {
            case TAKEN -> {}
            case BUSY -> pending.tellFailure(Failures.busy(dialect));
            case CLOSED -> pending.tellFailure(Failures.closed(dialect));
        }
        return pending.future();
    }

    <T> T brief(Readers.Query<T> query) {
        try {
            return readers.brief(query);
        } catch (SQLException e) {
            throw Failures.of(dialect, e);
        }
    }

    <T> T lengthy(Readers.Query<T> query) {
        try {
            return readers.lengthy(query);
        } catch (SQLException e) {
            throw Failures.of(dialect, e);
        }
    }

    static void page(int limit, int max) {
        require(limit >= 1 && limit <= max, "a limit outside 1 to " + max + ": " + limit);
    }

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
