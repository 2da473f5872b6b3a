package mayfly.actors;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import mayfly.store.ActorFilter;
import mayfly.store.ActorNameRecord;
import mayfly.store.ActorRecord;
import mayfly.store.ActorStore;
import mayfly.store.KvEntry;
import mayfly.store.KvPair;
import mayfly.store.KvRange;
import mayfly.store.NamespaceRecord;
import mayfly.store.PoolConfigRecord;
import mayfly.store.RunnerFilter;
import mayfly.store.RunnerRecord;
import org.jspecify.annotations.Nullable;

/** What outlives simulated nodes. Each write is a commit, before or after which the node that makes it may die. */
final class SimDisk implements ActorStore {
    final TreeMap<ActorId, ActorRecord> actors = new TreeMap<>();
    private final TreeMap<NamespaceId, NamespaceRecord> namespaces = new TreeMap<>();
    private final TreeMap<String, PoolConfigRecord> pools = new TreeMap<>();
    private final TreeMap<RunnerId, RunnerRecord> runners = new TreeMap<>();
    private final Map<ActorId, byte[]> inputs = new HashMap<>();
    /** Runs before and after each write; may kill the writer by throwing. */
    Runnable commit = () -> {};
    /** Whether a version of an actor is acknowledged and not written. */
    LongPredicate loses = revision -> false;

    boolean listsAlarms = true;

    private <T> CompletableFuture<T> written(Supplier<T> write) {
        commit.run();
        T answer = write.get();
        commit.run();
        return CompletableFuture.completedFuture(answer);
    }

    private CompletableFuture<Void> done(Runnable write) {
        return written(() -> {
                    write.run();
                    return true;
                })
                .thenAccept(it -> {});
    }

    @Override
    public CompletableFuture<Boolean> createNamespace(NamespaceRecord namespace) {
        return written(() -> namespaces.putIfAbsent(namespace.id(), namespace) == null);
    }

    @Override
    public Optional<NamespaceRecord> namespace(NamespaceId id) {
        return Optional.ofNullable(namespaces.get(id));
    }

    @Override
    public Optional<NamespaceRecord> namespace(String name) {
        return namespaces.values().stream().filter(it -> it.name().equals(name)).findFirst();
    }

    @Override
    public List<NamespaceRecord> namespaces(@Nullable NamespaceId before, int limit) {
        return before == null ? List.copyOf(namespaces.values()) : List.of();
    }

    @Override
    public CompletableFuture<Void> putPoolConfig(PoolConfigRecord config) {
        return done(() -> pools.put(config.name(), config));
    }

    @Override
    public CompletableFuture<Boolean> deletePoolConfig(NamespaceId namespace, String name) {
        return written(() -> pools.remove(name) != null);
    }

    @Override
    public Optional<PoolConfigRecord> poolConfig(NamespaceId namespace, String name) {
        return Optional.ofNullable(pools.get(name));
    }

    @Override
    public List<PoolConfigRecord> poolConfigs(NamespaceId namespace, @Nullable String after, int limit) {
        return after == null ? List.copyOf(pools.values()) : List.of();
    }

    @Override
    public CompletableFuture<Void> putRunner(RunnerRecord runner) {
        return done(() ->
                runners.merge(runner.id(), runner, (old, next) -> next.revision() >= old.revision() ? next : old));
    }

    @Override
    public Optional<RunnerRecord> runner(RunnerId id) {
        return Optional.ofNullable(runners.get(id));
    }

    @Override
    public Optional<RunnerRecord> runnerByKey(NamespaceId namespace, String key) {
        return openRunners(null, Integer.MAX_VALUE).stream()
                .filter(it -> it.key().equals(key))
                .findFirst();
    }

    @Override
    public List<RunnerRecord> runners(RunnerFilter filter) {
        return List.copyOf(runners.values());
    }

    @Override
    public List<RunnerRecord> openRunners(@Nullable RunnerId after, int limit) {
        return runners.values().stream()
                .filter(it ->
                        it.stoppedAt() == null && (after == null || it.id().compareTo(after) > 0))
                .limit(limit)
                .toList();
    }

    @Override
    public List<String> runnerPools(NamespaceId namespace, @Nullable String after, int limit) {
        return List.of();
    }

    @Override
    public CompletableFuture<Integer> pruneRunners(Instant stoppedBefore, int limit) {
        return CompletableFuture.completedFuture(0);
    }

    @Override
    public CompletableFuture<Optional<ActorId>> createActor(ActorRecord actor, byte @Nullable [] input) {
        Optional<ActorId> owner = actor.key() == null
                ? Optional.empty()
                : actorByKey(actor.namespace(), actor.name(), actor.key()).map(ActorRecord::id);
        return owner.isPresent()
                ? CompletableFuture.completedFuture(owner)
                : written(() -> {
                    if (!loses.test(0)) {
                        actors.put(actor.id(), actor);
                    }
                    if (input != null) {
                        inputs.put(actor.id(), input);
                    }
                    return Optional.empty();
                });
    }

    @Override
    public CompletableFuture<Void> putActor(ActorRecord next) {
        return done(() -> actors.computeIfPresent(next.id(), (id, old) -> {
            boolean late =
                    next.revision() < old.revision() || (old.destroyedAt() != null && next.destroyedAt() == null);
            return late || loses.test(next.revision()) ? old : next;
        }));
    }

    @Override
    public Optional<ActorRecord> actor(ActorId id) {
        return Optional.ofNullable(actors.get(id));
    }

    @Override
    public Optional<ActorRecord> actorByKey(NamespaceId namespace, String name, String key) {
        return actors.values().stream()
                .filter(it -> it.name().equals(name) && key.equals(it.key()) && it.destroyedAt() == null)
                .findFirst();
    }

    @Override
    public Optional<byte[]> actorInput(ActorId id) {
        return Optional.ofNullable(inputs.get(id));
    }

    @Override
    public List<ActorRecord> actors(ActorFilter filter) {
        return List.copyOf(actors.values());
    }

    @Override
    public List<ActorRecord> awakeActors(@Nullable ActorId after, int limit) {
        return actors.values().stream()
                .filter(it -> it.awake() && (after == null || it.id().compareTo(after) > 0))
                .limit(limit)
                .toList();
    }

    private Stream<ActorRecord> alarmed() {
        return actors.values().stream()
                .filter(it -> it.alarmAt() != null)
                .sorted(Comparator.comparing(ActorRecord::alarmAt).thenComparing(ActorRecord::id));
    }

    @Override
    public List<ActorRecord> dueAlarms(Instant at, int limit) {
        return listsAlarms
                ? alarmed().filter(it -> !it.alarmAt().isAfter(at)).limit(limit).toList()
                : List.of();
    }

    @Override
    public Optional<Instant> nextAlarm() {
        return listsAlarms ? alarmed().map(ActorRecord::alarmAt).findFirst() : Optional.empty();
    }

    @Override
    public CompletableFuture<Integer> pruneActors(Instant destroyedBefore, int limit) {
        return CompletableFuture.completedFuture(0);
    }

    @Override
    public CompletableFuture<Void> putActorName(ActorNameRecord name) {
        return done(() -> {});
    }

    @Override
    public List<ActorNameRecord> actorNames(NamespaceId namespace, @Nullable String after, int limit) {
        return List.of();
    }

    // What actors keep is the store's business and tested there ---------------------------------------------------

    @Override
    public CompletableFuture<Void> kvPut(ActorId actor, List<KvPair> pairs, Instant now) {
        return done(() -> {});
    }

    @Override
    public CompletableFuture<Void> kvDelete(ActorId actor, List<byte[]> keys) {
        return done(() -> {});
    }

    @Override
    public CompletableFuture<Void> kvDelete(ActorId actor, KvRange range) {
        return done(() -> {});
    }

    @Override
    public List<KvEntry> kvGet(ActorId actor, List<byte[]> keys) {
        return List.of();
    }

    @Override
    public List<KvEntry> kvList(ActorId actor, KvRange range, boolean reverse, int limit) {
        return List.of();
    }

    @Override
    public long kvBytes(ActorId actor) {
        return 0;
    }
}
