package mayfly.actors;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The last write of one actor's store that was handed in: a read that comes later waits for it. */
final class KvOrder {
    private @Nullable CompletableFuture<?> last;

    synchronized void wrote(CompletableFuture<?> write) {
        last = write;
    }

    /** Null when nothing is under way. */
    synchronized @Nullable CompletableFuture<?> underWay() {
        CompletableFuture<?> write = last;
        if (write != null && write.isDone()) {
            last = null;
            return null;
        }
        return write;
    }
}
