package mayfly.store.sql;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import mayfly.base.ActorId;
import mayfly.base.Limits;
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

/** The actors' part of a store over a dialect. */
final class SqlActorStore implements ActorStore {
    /** As many keys are read in microseconds, whatever their values. */
    private static final int BRIEF_KEYS = 8;

    private final Access access;

    SqlActorStore(Access access) {
        this.access = access;
    }

    // Namespaces ------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Boolean> createNamespace(NamespaceRecord namespace) {
        return access.hand(new ActorWrite.CreateNamespace(namespace));
    }

    @Override
    public Optional<NamespaceRecord> namespace(NamespaceId id) {
        return access.brief(session -> Namespaces.get(session, id));
    }

    @Override
    public Optional<NamespaceRecord> namespace(String name) {
        return access.brief(session -> Namespaces.get(session, name));
    }

    @Override
    public List<NamespaceRecord> namespaces(@Nullable NamespaceId before, int limit) {
        page(limit);
        return access.lengthy(session -> Namespaces.list(session, before, limit));
    }

    // Pools -----------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> putPoolConfig(PoolConfigRecord config) {
        return access.hand(new Write.Upsert<>(PoolConfigs.TABLE, config));
    }

    @Override
    public CompletableFuture<Boolean> deletePoolConfig(NamespaceId namespace, String name) {
        return access.hand(new ActorWrite.DeletePoolConfig(namespace, name));
    }

    @Override
    public Optional<PoolConfigRecord> poolConfig(NamespaceId namespace, String name) {
        return access.brief(session -> PoolConfigs.get(session, namespace, name));
    }

    @Override
    public List<PoolConfigRecord> poolConfigs(NamespaceId namespace, @Nullable String after, int limit) {
        page(limit);
        return access.lengthy(session -> PoolConfigs.list(session, namespace, after, limit));
    }

    // Runners ---------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> putRunner(RunnerRecord runner) {
        return access.hand(new Write.Upsert<>(Runners.TABLE, runner));
    }

    @Override
    public Optional<RunnerRecord> runner(RunnerId id) {
        return access.brief(session -> Runners.get(session, id));
    }

    @Override
    public Optional<RunnerRecord> runnerByKey(NamespaceId namespace, String key) {
        return access.brief(session -> Runners.byKey(session, namespace, key));
    }

    @Override
    public List<RunnerRecord> runners(RunnerFilter filter) {
        page(filter.limit());
        Access.require(filter.ids().size() <= Limits.LIST_PAGE_MAX, "too many ids");
        return access.lengthy(session -> Runners.list(session, filter));
    }

    @Override
    public List<RunnerRecord> openRunners(@Nullable RunnerId after, int limit) {
        page(limit);
        return access.lengthy(session -> Runners.open(session, after, limit));
    }

    @Override
    public List<String> runnerPools(NamespaceId namespace, @Nullable String after, int limit) {
        page(limit);
        return access.lengthy(session -> Runners.pools(session, namespace, after, limit));
    }

    @Override
    public CompletableFuture<Integer> pruneRunners(Instant stoppedBefore, int limit) {
        Access.require(limit > 0, "a limit below 1");
        return access.hand(new ActorWrite.PruneRunners(Values.nanos(stoppedBefore), limit));
    }

    // Actors ----------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Optional<ActorId>> createActor(ActorRecord actor, byte @Nullable [] input) {
        Access.require(actor.destroyedAt() == null, "a new actor that was destroyed");
        Access.require(input == null || input.length <= Limits.ACTOR_INPUT_BYTES_MAX, "an input over the limit");
        return access.hand(new ActorWrite.CreateActor(actor, input));
    }

    @Override
    public CompletableFuture<Void> putActor(ActorRecord actor) {
        return access.hand(
                actor.destroyedAt() == null
                        ? new Write.Upsert<>(Actors.TABLE, actor)
                        : new ActorWrite.PutDestroyed(actor));
    }

    @Override
    public Optional<ActorRecord> actor(ActorId id) {
        return access.brief(session -> Actors.get(session, id));
    }

    @Override
    public Optional<ActorRecord> actorByKey(NamespaceId namespace, String name, String key) {
        return access.brief(session -> Actors.byKey(session, namespace, name, key));
    }

    @Override
    public Optional<byte[]> actorInput(ActorId id) {
        return access.brief(session -> Actors.input(session, id));
    }

    @Override
    public List<ActorRecord> actors(ActorFilter filter) {
        page(filter.limit());
        Access.require(filter.ids().size() <= Limits.LIST_PAGE_MAX, "too many ids");
        return access.lengthy(session -> Actors.list(session, filter));
    }

    @Override
    public List<ActorRecord> awakeActors(@Nullable ActorId after, int limit) {
        page(limit);
        return access.lengthy(session -> Actors.awake(session, after, limit));
    }

    @Override
    public List<ActorRecord> dueAlarms(Instant at, int limit) {
        page(limit);
        return access.lengthy(session -> Actors.due(session, at, limit));
    }

    @Override
    public Optional<Instant> nextAlarm() {
        return access.brief(Actors::nextAlarm);
    }

    @Override
    public CompletableFuture<Integer> pruneActors(Instant destroyedBefore, int limit) {
        Access.require(limit > 0, "a limit below 1");
        return access.hand(new ActorWrite.PruneActors(Values.nanos(destroyedBefore), limit));
    }

    // Names -----------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> putActorName(ActorNameRecord name) {
        return access.hand(new Write.Upsert<>(ActorNames.TABLE, name));
    }

    @Override
    public List<ActorNameRecord> actorNames(NamespaceId namespace, @Nullable String after, int limit) {
        page(limit);
        return access.lengthy(session -> ActorNames.list(session, namespace, after, limit));
    }

    // What an actor keeps ---------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> kvPut(ActorId actor, List<KvPair> pairs, Instant now) {
        Access.require(pairs.size() <= Limits.KV_KEYS_MAX, "too many pairs");
        List<Kv.Kept> rows = new ArrayList<>(pairs.size());
        long bytes = 0;
        for (KvPair pair : pairs) {
            key(pair.key());
            Access.require(pair.value().length <= Limits.KV_VALUE_BYTES_MAX, "a value over the limit");
            bytes += pair.key().length + pair.value().length;
            rows.add(new Kv.Kept(actor, pair, now));
        }
        Access.require(bytes <= Limits.KV_PUT_BYTES_MAX, "a put over the limit");
        return rows.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : access.hand(new Write.Upsert<>(Kv.TABLE, rows));
    }

    @Override
    public CompletableFuture<Void> kvDelete(ActorId actor, List<byte[]> keys) {
        keys(keys);
        return keys.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : access.hand(new ActorWrite.KvDelete(actor, List.copyOf(keys)));
    }

    @Override
    public CompletableFuture<Void> kvDelete(ActorId actor, KvRange range) {
        return access.hand(new ActorWrite.KvDeleteRange(actor, range));
    }

    @Override
    public List<KvEntry> kvGet(ActorId actor, List<byte[]> keys) {
        keys(keys);
        if (keys.isEmpty()) {
            return List.of();
        }
        return keys.size() <= BRIEF_KEYS
                ? access.brief(session -> Kv.get(session, actor, keys))
                : access.lengthy(session -> Kv.get(session, actor, keys));
    }

    @Override
    public List<KvEntry> kvList(ActorId actor, KvRange range, boolean reverse, int limit) {
        Access.page(limit, Limits.KV_LIST_MAX);
        return access.lengthy(session -> Kv.list(session, actor, range, reverse, limit));
    }

    @Override
    public long kvBytes(ActorId actor) {
        return access.lengthy(session -> Kv.bytes(session, actor));
    }

    private static void keys(List<byte[]> keys) {
        Access.require(keys.size() <= Limits.KV_KEYS_MAX, "too many keys");
        keys.forEach(SqlActorStore::key);
    }

    private static void key(byte[] key) {
        Access.require(key.length <= Limits.KV_KEY_BYTES_MAX, "a key over the limit");
    }

    private static void page(int limit) {
        Access.page(limit, Limits.LIST_PAGE_MAX);
    }
}
