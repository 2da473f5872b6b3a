package mayfly.actors;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import mayfly.base.Limits;
import mayfly.store.ActorStore;

/**
 * Forgets actors that were destroyed and runners that stopped, some time after: until then they can be asked about. It
 * takes a few at once, since other writes wait meanwhile.
 */
final class Retention {
    static final int BATCH = 500;
    private static final long LOOK_EVERY_MILLIS = 600_000;
    /** Between looks that found as many as fit. */
    private static final long AGAIN_MILLIS = 200;

    private final ActorStore store;
    private final Timers timers;
    private final Executor executor;

    Retention(ActorStore store, Timers timers, Executor executor) {
        this.store = store;
        this.timers = timers;
        this.executor = executor;
    }

    void start() {
        in(AGAIN_MILLIS);
    }

    private void in(long millis) {
        var _ = timers.in(millis, () -> executor.execute(this::look)); // null after the close: then it is over
    }

    private void look() {
        Instant before = Instant.ofEpochMilli(timers.nowMillis()).minus(Limits.ACTOR_KEPT_DESTROYED);
        CompletableFuture<Integer> actors = store.pruneActors(before, BATCH);
        CompletableFuture<Integer> runners = store.pruneRunners(before, BATCH);
        var _ = actors.thenCombine(runners, Math::max).whenComplete((most, failure) -> {
            if (failure != null) {
                System.getLogger("mayfly.actors")
                        .log(System.Logger.Level.WARNING, "what was destroyed cannot be forgotten", failure);
            }
            in(failure == null && most >= BATCH ? AGAIN_MILLIS : LOOK_EVERY_MILLIS);
        });
    }
}
