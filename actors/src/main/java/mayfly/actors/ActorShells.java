package mayfly.actors;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Function;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.core.Step;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEffect;
import mayfly.core.actor.ActorEvent;
import mayfly.core.actor.Actors;
import mayfly.store.ActorRecord;
import mayfly.store.ActorStore;
import mayfly.store.KvRange;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/** The actors that are in memory, each once; reads others from the store when somebody has business with them. */
final class ActorShells {
    private static final System.Logger LOG = System.getLogger("mayfly.actors");
    private static final long COMMIT_RETRY_NANOS_MAX = 1_000_000_000L;

    private final ConcurrentHashMap<ActorId, ActorShell> awake = new ConcurrentHashMap<>();
    private final ActorStore store;
    private final Actors decider;
    private final BiFunction<Actor, ActorEvent, Step<Actor, ActorEffect>> step;
    private final Timers timers;
    private final Executor executor;
    private final Function<RunnerId, Optional<RunnerShell>> runners;
    private final Function<ActorRecord, RunnerPoolShell> pools;
    private final Alarms alarms;
    private volatile boolean closed;

    ActorShells(
            ActorStore store,
            Actors decider,
            BiFunction<Actor, ActorEvent, Step<Actor, ActorEffect>> step,
            Timers timers,
            Executor executor,
            Function<RunnerId, Optional<RunnerShell>> runners,
            Function<ActorRecord, RunnerPoolShell> pools) {
        this.store = store;
        this.decider = decider;
        this.step = step;
        this.timers = timers;
        this.executor = executor;
        this.runners = runners;
        this.pools = pools;
        this.alarms = new Alarms(store, timers, executor, id -> tell(id, new ActorEvent.Tick(timers.nowMillis())));
    }

    Actors decider() {
        return decider;
    }

    Step<Actor, ActorEffect> step(Actor state, ActorEvent event) {
        return step.apply(state, event);
    }

    Timers timers() {
        return timers;
    }

    Executor executor() {
        return executor;
    }

    Alarms alarms() {
        return alarms;
    }

    Optional<RunnerShell> runner(RunnerId id) {
        return runners.apply(id);
    }

    RunnerPoolShell pool(ActorRecord record) {
        return pools.apply(record);
    }

    /** How many are in memory. */
    int size() {
        return awake.size();
    }

    /** Only if it is in memory. */
    Optional<ActorShell> peek(ActorId id) {
        return Optional.ofNullable(awake.get(id));
    }

    /** From memory, or read; empty when there is none. May block. */
    Optional<ActorShell> find(ActorId id) {
        ActorShell known = awake.get(id);
        return known != null ? Optional.of(known) : Optional.ofNullable(awake.computeIfAbsent(id, this::read));
    }

    private @Nullable ActorShell read(ActorId id) {
        return store.actor(id)
                .map(record -> new ActorShell(Known.read(record), List.of(), this))
                .orElse(null);
    }

    /** False when there is no such actor. May block. */
    boolean tell(ActorId id, ActorEvent event) {
        while (true) {
            Optional<ActorShell> shell = find(id);
            if (shell.isEmpty()) {
                return false;
            }
            if (shell.get().tell(event)) {
                return true;
            }
            awake.remove(id, shell.get());
        }
    }

    /** Empty when there is no such actor. May block. */
    Optional<ActorWatch> watch(ActorId id, ActorListener listener) {
        while (true) {
            Optional<ActorShell> shell = find(id);
            if (shell.isEmpty()) {
                return Optional.empty();
            }
            ActorWatch watch = new ActorWatch(shell.get(), this, listener);
            if (shell.get().attach(watch)) {
                return Optional.of(watch);
            }
            awake.remove(id, shell.get());
        }
    }

    /** A new actor: answers when it is durable, and starts. */
    CompletableFuture<Optional<ActorId>> create(Known known, List<ActorEffect> first, byte @Nullable [] input) {
        ActorBirth birth = new ActorBirth(input, new CompletableFuture<>());
        ActorShell shell = new ActorShell(known, first, birth, this);
        awake.put(known.record().id(), shell);
        shell.startHere();
        return birth.answer();
    }

    /** Makes a new actor durable; false when it cannot be, which its creator is told. */
    boolean begin(ActorRecord record, ActorBirth birth) {
        try {
            Optional<ActorId> taken = store.createActor(record, birth.input()).join();
            birth.answer().complete(taken);
            return taken.isEmpty();
        } catch (CompletionException e) {
            birth.answer().completeExceptionally(e.getCause() == null ? e : e.getCause());
            return false;
        }
    }

    /** One that was awake when the node ended. On return it has its place, so that its runner may speak of it. */
    void resume(Known known, List<ActorEffect> first) {
        ActorShell shell = new ActorShell(known, first, this);
        awake.put(known.record().id(), shell);
        shell.startHere();
    }

    void forget(ActorShell shell) {
        awake.remove(shell.id(), shell);
    }

    /** Waits until the record is durable; false when the node closes first. A store that fails is tried again. */
    boolean commit(ActorRecord record) {
        for (long pause = 20_000_000L; !closed; pause = Math.min(2 * pause, COMMIT_RETRY_NANOS_MAX)) {
            try {
                store.putActor(record).join();
                return true;
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof StoreException)) {
                    throw e;
                }
                LOG.log(System.Logger.Level.WARNING, "actor " + record.id() + " waits for the store", e.getCause());
                LockSupport.parkNanos(pause);
            }
        }
        return false;
    }

    /** Removes what the actor kept. */
    void purge(ActorShell shell) {
        var _ = store.kvDelete(shell.id(), KvRange.all()).whenComplete((done, failure) -> {
            if (failure == null) {
                shell.tell(new ActorEvent.Purged(timers.nowMillis()));
            } else {
                LOG.log(System.Logger.Level.WARNING, "what " + shell.id() + " kept is not removed yet", failure);
            }
        });
    }

    void close() {
        closed = true;
        alarms.close();
    }
}
