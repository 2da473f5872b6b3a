package mayfly.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;

/** The contract about actors in its plainest words: maps. Not for several threads. */
final class ModelActors implements ActorStore {
    private static final Comparator<String> BY_CODE_POINT =
            Comparator.comparing(name -> name.codePoints().toArray(), Arrays::compare);

    private record Named(NamespaceId namespace, String name) {
        static final Comparator<Named> ORDER =
                Comparator.comparing(Named::namespace).thenComparing(Named::name, BY_CODE_POINT);
    }

    private final TreeMap<NamespaceId, NamespaceRecord> namespaces = new TreeMap<>();
    private final TreeMap<Named, PoolConfigRecord> pools = new TreeMap<>(Named.ORDER);
    private final TreeMap<Named, ActorNameRecord> names = new TreeMap<>(Named.ORDER);
    private final TreeMap<RunnerId, RunnerRecord> runners = new TreeMap<>();
    private final TreeMap<ActorId, ActorRecord> actors = new TreeMap<>();
    private final Map<ActorId, byte[]> inputs = new HashMap<>();
    private final Map<ActorId, NavigableMap<byte[], KvEntry>> kept = new HashMap<>();

    private static <T> CompletableFuture<T> told(T answer) {
        return CompletableFuture.completedFuture(answer);
    }

    // Namespaces, pools, names ----------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Boolean> createNamespace(NamespaceRecord namespace) {
        boolean free = !namespaces.containsKey(namespace.id())
                && namespace(namespace.name()).isEmpty();
        if (free) {
            namespaces.put(namespace.id(), namespace);
        }
        return told(free);
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
    public List<NamespaceRecord> namespaces(NamespaceId before, int limit) {
        return namespaces.descendingMap().values().stream()
                .filter(it -> before == null || it.id().compareTo(before) < 0)
                .limit(limit)
                .toList();
    }

    @Override
    public CompletableFuture<Void> putPoolConfig(PoolConfigRecord config) {
        pools.merge(
                new Named(config.namespace(), config.name()),
                config,
                (old, next) -> next.revision() >= old.revision() ? next : old);
        return told(null);
    }

    @Override
    public CompletableFuture<Boolean> deletePoolConfig(NamespaceId namespace, String name) {
        return told(pools.remove(new Named(namespace, name)) != null);
    }

    @Override
    public Optional<PoolConfigRecord> poolConfig(NamespaceId namespace, String name) {
        return Optional.ofNullable(pools.get(new Named(namespace, name)));
    }

    @Override
    public List<PoolConfigRecord> poolConfigs(NamespaceId namespace, String after, int limit) {
        return pools.values().stream()
                .filter(it -> it.namespace().equals(namespace))
                .filter(it -> after == null || BY_CODE_POINT.compare(it.name(), after) > 0)
                .limit(limit)
                .toList();
    }

    @Override
    public CompletableFuture<Void> putActorName(ActorNameRecord name) {
        names.put(new Named(name.namespace(), name.name()), name);
        return told(null);
    }

    @Override
    public List<ActorNameRecord> actorNames(NamespaceId namespace, String after, int limit) {
        return names.values().stream()
                .filter(it -> it.namespace().equals(namespace))
                .filter(it -> after == null || BY_CODE_POINT.compare(it.name(), after) > 0)
                .limit(limit)
                .toList();
    }

    // Runners ---------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> putRunner(RunnerRecord runner) {
        RunnerRecord old = runners.get(runner.id());
        if (old == null || runner.revision() >= old.revision()) {
            runners.put(runner.id(), runner);
        }
        return told(null);
    }

    @Override
    public Optional<RunnerRecord> runner(RunnerId id) {
        return Optional.ofNullable(runners.get(id));
    }

    @Override
    public Optional<RunnerRecord> runnerByKey(NamespaceId namespace, String key) {
        return runners.descendingMap().values().stream()
                .filter(it -> it.namespace().equals(namespace) && it.key().equals(key) && it.stoppedAt() == null)
                .findFirst();
    }

    @Override
    public List<RunnerRecord> runners(RunnerFilter filter) {
        return runners.descendingMap().values().stream()
                .filter(it -> it.namespace().equals(filter.namespace()))
                .filter(it -> filter.pool() == null || it.pool().equals(filter.pool()))
                .filter(it -> filter.ids().isEmpty() || filter.ids().contains(it.id()))
                .filter(it -> filter.includeStopped() || it.stoppedAt() == null)
                .filter(it -> filter.before() == null || it.id().compareTo(filter.before()) < 0)
                .limit(filter.limit())
                .toList();
    }

    @Override
    public List<RunnerRecord> openRunners(RunnerId after, int limit) {
        return runners.values().stream()
                .filter(it ->
                        it.stoppedAt() == null && (after == null || it.id().compareTo(after) > 0))
                .limit(limit)
                .toList();
    }

    @Override
    public List<String> runnerPools(NamespaceId namespace, String after, int limit) {
        return runners.values().stream()
                .filter(it -> it.namespace().equals(namespace))
                .map(RunnerRecord::pool)
                .filter(it -> after == null || BY_CODE_POINT.compare(it, after) > 0)
                .sorted(BY_CODE_POINT)
                .distinct()
                .limit(limit)
                .toList();
    }

    @Override
    public CompletableFuture<Integer> pruneRunners(Instant stoppedBefore, int limit) {
        List<RunnerRecord> old = runners.values().stream()
                .filter(it -> it.stoppedAt() != null && it.stoppedAt().isBefore(stoppedBefore))
                .sorted(Comparator.comparing(RunnerRecord::stoppedAt).thenComparing(RunnerRecord::id))
                .limit(limit)
                .toList();
        old.forEach(it -> runners.remove(it.id()));
        return told(old.size());
    }

    // Actors ----------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Optional<ActorId>> createActor(ActorRecord actor, byte[] input) {
        if (actor.key() != null) {
            var owner = actorByKey(actor.namespace(), actor.name(), actor.key());
            if (owner.isPresent()) {
                return told(Optional.of(owner.get().id()));
            }
        }
        if (actors.containsKey(actor.id())) {
            return told(Optional.of(actor.id()));
        }
        actors.put(actor.id(), actor);
        if (input != null) {
            inputs.put(actor.id(), input);
        }
        return told(Optional.empty());
    }

    @Override
    public CompletableFuture<Void> putActor(ActorRecord next) {
        ActorRecord old = actors.get(next.id());
        boolean late = old == null
                || next.revision() < old.revision()
                || (old.destroyedAt() != null && next.destroyedAt() == null);
        if (!late) {
            actors.put(
                    old.id(),
                    new ActorRecord(
                            old.id(),
                            old.namespace(),
                            old.name(),
                            old.key(),
                            next.pool(),
                            next.crashPolicy(),
                            old.createdAt(),
                            old.destroyedAt() == null ? next.destroyedAt() : old.destroyedAt(),
                            next.alarmAt(),
                            next.awake(),
                            next.state(),
                            next.revision()));
            if (next.destroyedAt() != null) {
                inputs.remove(old.id());
            }
        }
        return told(null);
    }

    @Override
    public Optional<ActorRecord> actor(ActorId id) {
        return Optional.ofNullable(actors.get(id));
    }

    @Override
    public Optional<ActorRecord> actorByKey(NamespaceId namespace, String name, String key) {
        return actors.values().stream()
                .filter(it -> it.namespace().equals(namespace) && it.name().equals(name) && key.equals(it.key()))
                .filter(it -> it.destroyedAt() == null)
                .findFirst();
    }

    @Override
    public Optional<byte[]> actorInput(ActorId id) {
        return Optional.ofNullable(inputs.get(id));
    }

    @Override
    public List<ActorRecord> actors(ActorFilter filter) {
        return actors.descendingMap().values().stream()
                .filter(it -> it.namespace().equals(filter.namespace()))
                .filter(it -> filter.name() == null || it.name().equals(filter.name()))
                .filter(it -> filter.key() == null || filter.key().equals(it.key()))
                .filter(it -> filter.ids().isEmpty() || filter.ids().contains(it.id()))
                .filter(it -> filter.includeDestroyed() || it.destroyedAt() == null)
                .filter(it -> filter.before() == null || it.id().compareTo(filter.before()) < 0)
                .limit(filter.limit())
                .toList();
    }

    @Override
    public List<ActorRecord> awakeActors(ActorId after, int limit) {
        return actors.values().stream()
                .filter(it -> it.awake() && (after == null || it.id().compareTo(after) > 0))
                .limit(limit)
                .toList();
    }

    private Stream<ActorRecord> byAlarm() {
        return actors.values().stream()
                .filter(it -> it.alarmAt() != null)
                .sorted(Comparator.comparing(ActorRecord::alarmAt).thenComparing(ActorRecord::id));
    }

    @Override
    public List<ActorRecord> dueAlarms(Instant at, int limit) {
        return byAlarm().filter(it -> !it.alarmAt().isAfter(at)).limit(limit).toList();
    }

    @Override
    public Optional<Instant> nextAlarm() {
        return byAlarm().map(ActorRecord::alarmAt).findFirst();
    }

    @Override
    public CompletableFuture<Integer> pruneActors(Instant destroyedBefore, int limit) {
        List<ActorRecord> old = actors.values().stream()
                .filter(it -> it.destroyedAt() != null && it.destroyedAt().isBefore(destroyedBefore))
                .sorted(Comparator.comparing(ActorRecord::destroyedAt).thenComparing(ActorRecord::id))
                .toList();
        int deleted = 0;
        for (ActorRecord actor : old) {
            NavigableMap<byte[], KvEntry> entries = entries(actor.id());
            while (deleted < limit && !entries.isEmpty()) {
                entries.pollFirstEntry();
                deleted++;
            }
            if (deleted == limit) {
                break;
            }
            actors.remove(actor.id());
            deleted++;
        }
        return told(deleted);
    }

    // What an actor keeps ---------------------------------------------------------------------------------------

    private NavigableMap<byte[], KvEntry> entries(ActorId actor) {
        return kept.computeIfAbsent(actor, _ -> new TreeMap<>(Arrays::compareUnsigned));
    }

    @Override
    public CompletableFuture<Void> kvPut(ActorId actor, List<KvPair> pairs, Instant now) {
        pairs.forEach(pair -> entries(actor).put(pair.key(), new KvEntry(pair.key(), pair.value(), now)));
        return told(null);
    }

    @Override
    public CompletableFuture<Void> kvDelete(ActorId actor, List<byte[]> keys) {
        keys.forEach(entries(actor)::remove);
        return told(null);
    }

    @Override
    public CompletableFuture<Void> kvDelete(ActorId actor, KvRange range) {
        entries(actor).keySet().removeIf(range::has);
        return told(null);
    }

    @Override
    public List<KvEntry> kvGet(ActorId actor, List<byte[]> keys) {
        return entries(actor).values().stream()
                .filter(entry -> keys.stream().anyMatch(key -> Arrays.equals(key, entry.key())))
                .toList();
    }

    @Override
    public List<KvEntry> kvList(ActorId actor, KvRange range, boolean reverse, int limit) {
        NavigableMap<byte[], KvEntry> entries = entries(actor);
        List<KvEntry> found = new ArrayList<>((reverse ? entries.descendingMap() : entries).values());
        found.removeIf(entry -> !range.has(entry.key()));
        return found.subList(0, Math.min(limit, found.size()));
    }

    @Override
    public long kvBytes(ActorId actor) {
        return entries(actor).values().stream()
                .mapToLong(it -> it.key().length + it.value().length)
                .sum();
    }
}
