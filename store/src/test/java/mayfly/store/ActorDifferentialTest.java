package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/** {@link DifferentialTest} for actors and what is about them; repeated and multiplied by the same properties. */
final class ActorDifferentialTest {
    private static final List<String> NAMES = List.of("a", "ab", "B", "\u00e9");

    /** One write, the same for every store. */
    private interface Step extends Function<ActorStore, CompletableFuture<?>> {}

    @Test
    void everyEngineDoesWhatTheModelDoes() throws Exception {
        Long given = Long.getLong("mayfly.seed");
        int runs = given != null ? 1 : Boolean.getBoolean("mayfly.soak") ? 40 : 2;
        for (int run = 0; run < runs; run++) {
            long seed = given != null ? given : run == 0 ? 1 : System.nanoTime();
            System.out.println("differential test of actors: -Dmayfly.seed=" + seed);
            try (TestEngine sqlite = TestEngine.sqlite()) {
                List<TestEngine> engines = new ArrayList<>(List.of(sqlite));
                try {
                    engines.add(TestEngine.postgres());
                } catch (TestAbortedException e) {
                    System.out.println("differential test without PostgreSQL: " + e.getMessage());
                }
                new Run(seed, engines).go();
            }
        }
    }

    private static final class Run {
        private final Random random;
        private final Records records;
        private final List<TestEngine> engines;
        private final ActorStore model = new ModelStore().actors();
        private List<Store> stores;
        private final List<NamespaceId> spaces = new ArrayList<>();
        private final List<RunnerId> runners = new ArrayList<>();
        /** Those that were made, whoever has their keys; some are destroyed. */
        private final List<ActorRecord> made = new ArrayList<>();

        Run(long seed, List<TestEngine> engines) {
            this.random = new Random(seed);
            this.records = new Records(seed);
            this.engines = engines;
            this.stores = engines.stream().map(TestEngine::open).toList();
            for (int i = 0; i < 8; i++) {
                spaces.add(records.namespaceId());
                runners.add(records.runnerId());
            }
            made.add(actor());
        }

        void go() throws Exception {
            for (int burst = 0; burst < 100; burst++) {
                List<Step> steps = new ArrayList<>();
                for (int n = 1 + random.nextInt(random.nextBoolean() ? 3 : 60); n > 0; n--) {
                    steps.add(write());
                }
                sameAnswers(steps);
                if (random.nextInt(30) == 0) {
                    stores.forEach(Store::close);
                    stores = engines.stream().map(TestEngine::open).toList();
                }
                sameReads();
            }
            stores.forEach(Store::close);
        }

        private <T> T pick(List<T> from) {
            return from.get(random.nextInt(from.size()));
        }

        private <T> @Nullable T perhaps(T value) {
            return random.nextBoolean() ? value : null;
        }

        private Instant someTime() {
            return Records.START.plusMillis(random.nextInt(2000)).plusNanos(random.nextInt(9));
        }

        private NamespaceId space() {
            return spaces.get(random.nextInt(2));
        }

        private ActorRecord actor() {
            return records.actor(space(), pick(NAMES), perhaps("k" + random.nextInt(4)));
        }

        private byte[] bytes(int lengthMax) {
            byte[] bytes = new byte[random.nextInt(lengthMax)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(4) * 85);
            }
            return bytes;
        }

        private KvRange range() {
            if (random.nextInt(4) == 0) {
                return KvRange.prefix(bytes(3));
            }
            return new KvRange(perhaps(bytes(4)), random.nextBoolean(), perhaps(bytes(4)), random.nextBoolean());
        }

        private Step write() {
            return switch (random.nextInt(16)) {
                case 0 -> {
                    var space = new NamespaceRecord(pick(spaces), pick(NAMES), "", someTime());
                    yield store -> store.createNamespace(space);
                }
                case 1 -> {
                    var pool = new PoolConfigRecord(space(), pick(NAMES), "{}", random.nextInt(9), someTime());
                    boolean delete = random.nextInt(4) == 0;
                    yield store ->
                            delete ? store.deletePoolConfig(pool.namespace(), pool.name()) : store.putPoolConfig(pool);
                }
                case 2 -> {
                    var name = new ActorNameRecord(space(), pick(NAMES), "{\"n\":" + random.nextInt(9) + "}");
                    yield store -> store.putActorName(name);
                }
                case 3, 4 -> {
                    Instant end = someTime();
                    // A runner's key follows from its id, so that no two open ones share it and are equally new.
                    int which = random.nextInt(runners.size());
                    var runner = records.runner(
                            runners.get(which),
                            spaces.getFirst(),
                            pick(NAMES),
                            "k" + which,
                            perhaps(end),
                            random.nextInt(9));
                    boolean prune = random.nextInt(6) == 0;
                    yield store -> prune ? store.pruneRunners(end, 2) : store.putRunner(runner);
                }
                case 5, 6, 7 -> {
                    ActorRecord actor = random.nextInt(6) == 0 ? pick(made) : actor();
                    byte[] input = perhaps(bytes(4));
                    made.add(actor);
                    yield store -> store.createActor(actor, input);
                }
                case 8, 9, 10 -> put();
                case 11 -> {
                    Instant end = someTime();
                    int limit = 1 + random.nextInt(9);
                    boolean rare = random.nextInt(4) == 0;
                    yield store -> rare
                            ? store.pruneActors(end, limit)
                            : store.putActorName(new ActorNameRecord(spaces.getFirst(), "z", "{}"));
                }
                case 12 -> {
                    ActorId actor = kept();
                    List<byte[]> keys = List.of(bytes(4), bytes(4));
                    KvRange range = range();
                    boolean one = random.nextBoolean();
                    yield store -> one ? store.kvDelete(actor, keys) : store.kvDelete(actor, range);
                }
                default -> {
                    ActorId actor = kept();
                    Instant now = someTime();
                    List<KvPair> pairs = new ArrayList<>();
                    for (int n = random.nextInt(5); n > 0; n--) {
                        pairs.add(new KvPair(bytes(4), bytes(20)));
                    }
                    yield store -> store.kvPut(actor, pairs, now);
                }
            };
        }

        private Step put() {
            ActorRecord next = Records.next(
                    pick(made),
                    random.nextInt(5) == 0 ? someTime() : null,
                    perhaps(someTime()),
                    random.nextBoolean(),
                    random.nextInt(9));
            return store -> store.putActor(next);
        }

        private ActorId kept() {
            return made.get(random.nextInt(Math.min(6, made.size()))).id();
        }

        private void sameAnswers(List<Step> steps) throws Exception {
            List<CompletableFuture<?>> expected = steps.stream()
                    .<CompletableFuture<?>>map(step -> step.apply(model))
                    .toList();
            for (Store store : stores) {
                List<CompletableFuture<?>> actual = new ArrayList<>();
                steps.forEach(step -> actual.add(step.apply(store.actors())));
                for (int i = 0; i < steps.size(); i++) {
                    assertThat(EngineTest.done(actual.get(i)))
                            .as(store.engine())
                            .isEqualTo(EngineTest.done(expected.get(i)));
                }
            }
        }

        private void sameReads() {
            int limit = 1 + random.nextInt(12);
            NamespaceId space = space();
            String name = pick(NAMES);
            ActorRecord actor = pick(made);
            ActorId kept = kept();
            Instant time = someTime();
            KvRange range = range();
            boolean some = random.nextBoolean();
            List<byte[]> keys = List.of(bytes(4), bytes(4), bytes(4));
            List<ActorId> ids = List.of(pick(made).id(), pick(made).id());
            var filters = List.of(
                    new ActorFilter(space, perhaps(name), perhaps("k1"), List.of(), some, perhaps(actor.id()), limit),
                    new ActorFilter(space, perhaps(name), null, ids, some, null, limit),
                    new ActorFilter(space, null, null, List.of(), true, null, 1000));
            var runners = new RunnerFilter(
                    spaces.getFirst(), perhaps(name), List.of(), some, perhaps(pick(this.runners)), limit);
            sameRead(store -> store.namespaces(null, limit));
            sameRead(store -> store.namespace(name));
            sameRead(store -> store.poolConfigs(space, some ? name : null, limit));
            sameRead(store -> store.poolConfig(space, name));
            sameRead(store -> store.actorNames(space, some ? name : null, limit));
            sameRead(store -> store.runners(runners));
            sameRead(store -> store.runnerPools(spaces.getFirst(), some ? name : null, limit));
            sameRead(store -> store.runnerByKey(spaces.getFirst(), "k1"));
            sameRead(store -> store.openRunners(some ? this.runners.getFirst() : null, limit));
            filters.forEach(filter -> sameRead(store -> store.actors(filter)));
            sameRead(store -> store.actor(actor.id()));
            sameRead(store -> store.actorByKey(actor.namespace(), actor.name(), "k2"));
            sameRead(store -> store.actorInput(actor.id()));
            sameRead(store -> store.awakeActors(some ? actor.id() : null, limit));
            sameRead(store -> store.dueAlarms(time, limit));
            sameRead(ActorStore::nextAlarm);
            sameRead(store -> store.kvGet(kept, keys));
            sameRead(store -> store.kvList(kept, range, some, limit));
            sameRead(store -> store.kvList(kept, KvRange.all(), some, 1000));
            sameRead(store -> store.kvBytes(kept));
        }

        private void sameRead(Function<ActorStore, Object> read) {
            Object expected = read.apply(model);
            for (Store store : stores) {
                assertThat(read.apply(store.actors()))
                        .as(store.engine())
                        .usingRecursiveComparison()
                        .isEqualTo(expected);
            }
        }
    }
}
