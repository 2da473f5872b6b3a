package mayfly.actors;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Waits for writes on behalf of callers. */
final class Durably {
    private static final int SECONDS_MAX = 30;

    private Durably() {}

    /** What the write answered once it is durable. @throws ActorException STORE when it is not */
    static <T> T write(CompletableFuture<T> write) throws ActorException {
        try {
            return write.orTimeout(SECONDS_MAX, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ActorException(ActorError.STORE, "the store failed: " + cause);
        }
    }
}
