package mayfly.store.sql;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/** A write on its way: its answer is known when it was applied, and told only when that is durable. */
final class Pending<T> {
    private final Write<T> write;
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private @Nullable T answer;
    private @Nullable StoreException failure;

    Pending(Write<T> write) {
        this.write = write;
    }

    Write<T> write() {
        return write;
    }

    CompletableFuture<T> future() {
        return future;
    }

    void apply(Write.Single<T> single, Session session) throws SQLException {
        answer = single.apply(session);
    }

    /** It failed by itself; the rest of its batch goes on. Told with the others, after the commit. */
    void failed(StoreException e) {
        failure = e;
    }

    /** Before another try. */
    void reset() {
        answer = null;
        failure = null;
    }

    /** The batch is durable. */
    @SuppressWarnings("NullAway") // an answer is null only where T is Void
    void tell() {
        if (failure != null) {
            future.completeExceptionally(failure);
        } else {
            future.complete(answer);
        }
    }

    /** The batch is not durable. */
    void tellFailure(StoreException e) {
        future.completeExceptionally(failure != null ? failure : e);
    }
}
