package mayfly.actors;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import mayfly.core.Step;
import mayfly.core.runner.DrainCause;
import mayfly.core.runner.Runner;
import mayfly.core.runner.RunnerEffect;
import mayfly.core.runner.RunnerEvent;
import mayfly.core.runner.RunnerProfile;
import mayfly.runner.protocol.ToServer;
import mayfly.store.ActorNameRecord;
import mayfly.store.ActorStore;
import mayfly.store.NamespaceRecord;
import mayfly.store.RunnerFilter;
import mayfly.store.RunnerRecord;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/** The runners that are not gone, each once by its id and by its key. */
public final class RunnerShells {
    private static final int NAMES_MAX = 1_000;
    private static final int PAGE = 500;

    private final ConcurrentHashMap<RunnerId, RunnerShell> byId = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<RunnerKey, RunnerShell> byKey = new ConcurrentHashMap<>();
    private final ActorEngine engine;
    private final ActorStore store;
    private final Ids ids;

    RunnerShells(ActorEngine engine, ActorStore store, Ids ids) {
        this.engine = engine;
        this.store = store;
        this.ids = ids;
    }

    Optional<RunnerShell> find(RunnerId id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** Runners as the filter asks for them, with what is known of those that are there. May block. */
    public List<RunnerView> list(RunnerFilter filter) {
        return store.runners(filter).stream()
                .map(record -> find(record.id()).map(RunnerShell::view).orElseGet(() -> RunnerView.stored(record)))
                .toList();
    }

    /**
     * The pools that runners have come to, by name ascending. May block.
     *
     * @param after names strictly above this one; null from the start
     */
    public List<String> pools(NamespaceRecord namespace, @Nullable String after, int limit) {
        return store.runnerPools(namespace.id(), after, limit);
    }

    /** Those that an earlier life of this node left: they may come back within the time that an absence is allowed. */
    void resume() {
        RunnerId after = null;
        while (true) {
            List<RunnerRecord> page = store.openRunners(after, PAGE);
            page.forEach(this::resume);
            if (page.size() < PAGE) {
                return;
            }
            after = page.getLast().id();
        }
    }

    private void resume(RunnerRecord record) {
        long now = engine.timers().nowMillis();
        RunnerProfile profile =
                new RunnerProfile(record.id(), record.pool(), record.key(), record.version(), record.totalSlots());
        Instant drainedAt = record.drainedAt();
        Step<Runner, RunnerEffect> begin = drainedAt == null
                ? engine.runnerDecider().resume(profile, now)
                : engine.runnerDecider()
                        .resumeDraining(
                                profile,
                                DrainCause.ASKED,
                                drainedAt.toEpochMilli()
                                        + engine.times().drainGrace().toMillis(),
                                now);
        RunnerKey key = new RunnerKey(new PoolName(record.namespace(), record.pool()), record.key());
        RunnerShell shell =
                new RunnerShell(record, key, begin, 0, engine, engine.pools().shell(key.pool()));
        byId.put(record.id(), shell);
        byKey.put(key, shell);
        shell.start();
    }

    /** A socket has said whose it is: the runner that has its key, or a new one. May block. */
    RunnerShell attach(NamespaceRecord namespace, String key, ToServer.Init init, long session, RunnerLink link)
            throws ActorException {
        PoolName pool = new PoolName(namespace.id(), init.name());
        RunnerPoolShell poolShell = engine.pools().ensure(pool);
        putNames(namespace.id(), init.prepopulateActorNames().orElse(Map.of()));
        RunnerKey runnerKey = new RunnerKey(pool, key);
        long now = engine.timers().nowMillis();
        while (true) {
            RunnerShell shell =
                    byKey.computeIfAbsent(runnerKey, absent -> create(absent, init, session, now, poolShell));
            shell.opened(session, link);
            if (shell.isFirst(session)) {
                shell.start();
                return shell;
            }
            if (shell.tell(new RunnerEvent.Attached(session, init.version(), init.totalSlots(), now))) {
                return shell;
            }
            byKey.remove(runnerKey, shell); // it was just given up
        }
    }

    private RunnerShell create(RunnerKey key, ToServer.Init init, long session, long now, RunnerPoolShell pool) {
        RunnerId id = ids.runner();
        RunnerProfile profile = new RunnerProfile(id, key.pool().name(), key.key(), init.version(), init.totalSlots());
        RunnerRecord record = new RunnerRecord(
                id,
                key.pool().namespace(),
                key.pool().name(),
                key.key(),
                init.version(),
                init.totalSlots(),
                init.metadata().orElse(null),
                Instant.ofEpochMilli(now),
                Instant.ofEpochMilli(now),
                null,
                null,
                0);
        RunnerShell shell = new RunnerShell(
                record, key, engine.runnerDecider().begin(profile, session, now), session, engine, pool);
        byId.put(id, shell);
        return shell;
    }

    /** Names that a runner or an endpoint announces; those that are too long or too many are left out. */
    void putNames(NamespaceId namespace, Map<String, String> names) {
        names.entrySet().stream()
                .filter(entry -> entry.getKey().length() <= Limits.ACTOR_NAME_CHARS_MAX)
                .limit(NAMES_MAX)
                .forEach(entry -> {
                    var _ = store.putActorName(new ActorNameRecord(namespace, entry.getKey(), entry.getValue()));
                });
    }

    /** The record after a step that changed what is durable. */
    RunnerRecord next(RunnerRecord last, Runner state, long nowMillis) {
        Instant now = Instant.ofEpochMilli(nowMillis);
        boolean gone = state instanceof Runner.Gone;
        boolean drained = gone || state instanceof Runner.Draining;
        return new RunnerRecord(
                last.id(),
                last.namespace(),
                last.pool(),
                last.key(),
                state.profile().version(),
                state.profile().slots(),
                last.metadata(),
                last.createdAt(),
                state instanceof Runner.Serving ? now : last.connectedAt(),
                drained ? (last.drainedAt() == null ? now : last.drainedAt()) : null,
                gone ? now : null,
                last.revision() + 1);
    }

    /** Waits until it is durable. A failure is logged and not repeated: the next change writes the whole record again. */
    void commit(RunnerRecord record) {
        try {
            store.putRunner(record).orTimeout(30, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            engine.log("runner " + record.id() + " is not written", e.getCause() instanceof StoreException s ? s : e);
        }
    }

    void forget(RunnerShell shell) {
        byId.remove(shell.id(), shell);
        byKey.remove(shell.key(), shell);
    }
}
