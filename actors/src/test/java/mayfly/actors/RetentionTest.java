package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import mayfly.base.ActorId;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.base.NamespaceId;
import mayfly.store.ActorRecord;
import mayfly.store.KvPair;
import mayfly.store.Store;
import mayfly.store.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real store, with time that the test turns. */
class RetentionTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path data;

    /** Runs nothing by itself; remembers how long each task was to wait. */
    private static final class ByHand implements Timers {
        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        private long waitMillis;

        @Override
        public long nowMillis() {
            return NOW.toEpochMilli();
        }

        @Override
        public synchronized Future<?> in(long millis, Runnable task) {
            waitMillis = millis;
            tasks.add(task);
            notifyAll();
            return new CompletableFuture<>();
        }

        /** How long the next look was to wait. */
        synchronized long turn() throws InterruptedException {
            tasks.remove().run();
            while (tasks.isEmpty()) {
                wait();
            }
            return waitMillis;
        }

        @Override
        public void close() {}
    }

    @Test
    void whatWasDestroyedIsForgottenADayLaterAndNothingElse() throws Exception {
        Ids ids = Ids.system();
        NamespaceId space = ids.namespace();
        try (Store store = Stores.embedded(data)) {
            ActorRecord living = made(store, ids.actor(), space, null, 3);
            ActorRecord fresh = made(
                    store,
                    ids.actor(),
                    space,
                    NOW.minus(Limits.ACTOR_KEPT_DESTROYED).plusMillis(1),
                    3);
            ActorRecord old = made(
                    store,
                    ids.actor(),
                    space,
                    NOW.minus(Limits.ACTOR_KEPT_DESTROYED).minusMillis(1),
                    2 * Retention.BATCH);
            ByHand timers = new ByHand();
            new Retention(store.actors(), timers, Runnable::run).start();
            assertThat(timers.turn()).as("there is more to forget").isLessThan(1_000);
            assertThat(store.actors().actor(old.id())).as("its row goes last").isPresent();
            assertThat(timers.turn()).isLessThan(1_000);
            assertThat(timers.turn())
                    .as("all is forgotten")
                    .isGreaterThan(Duration.ofMinutes(1).toMillis());
            assertThat(store.actors().actor(old.id())).isEmpty();
            assertThat(store.actors().kvBytes(old.id())).isZero();
            assertThat(store.actors().actor(fresh.id())).isPresent();
            assertThat(store.actors().actor(living.id())).isPresent();
            assertThat(store.actors().kvBytes(living.id())).isPositive();
        }
    }

    @Test
    void aStoreThatFailsIsAskedAgainLater() throws Exception {
        Store store = Stores.embedded(data);
        ByHand timers = new ByHand();
        new Retention(store.actors(), timers, Runnable::run).start();
        store.close();
        assertThat(timers.turn()).isGreaterThan(Duration.ofMinutes(1).toMillis());
    }

    private static ActorRecord made(Store store, ActorId id, NamespaceId space, Instant destroyedAt, int keys) {
        ActorRecord actor = record(id, space, null, 1);
        store.actors().createActor(actor, null).join();
        for (int i = 0; i < keys; i++) {
            byte[] key = {(byte) (i >> 8), (byte) i};
            var _ = store.actors().kvPut(id, List.of(new KvPair(key, key)), NOW); // the last write is waited for
        }
        store.actors().putActor(record(id, space, destroyedAt, 2)).join();
        return actor;
    }

    private static ActorRecord record(ActorId id, NamespaceId space, Instant destroyedAt, long revision) {
        return new ActorRecord(
                id,
                space,
                "counter",
                null,
                "p",
                "sleep",
                Clock.system().now(),
                destroyedAt,
                null,
                false,
                "{}",
                revision);
    }
}
