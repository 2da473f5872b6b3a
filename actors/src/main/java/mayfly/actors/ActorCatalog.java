package mayfly.actors;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import mayfly.base.ActorId;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.core.Step;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEffect;
import mayfly.core.actor.ActorEvent;
import mayfly.store.ActorFilter;
import mayfly.store.ActorNameRecord;
import mayfly.store.ActorRecord;
import mayfly.store.ActorStore;
import mayfly.store.KvEntry;
import mayfly.store.NamespaceRecord;
import org.jspecify.annotations.Nullable;

/** Creates, finds and destroys actors. Calls may block the calling thread. */
public final class ActorCatalog {
    private final ActorEngine engine;
    private final ActorStore store;
    private final Ids ids;

    ActorCatalog(ActorEngine engine, ActorStore store, Ids ids) {
        this.engine = engine;
        this.store = store;
        this.ids = ids;
    }

    /** An actor, and whether this call made it. */
    public record Created(ActorView actor, boolean created) {}

    /** Makes an actor and starts it. @throws ActorException DUPLICATE_KEY with the id of the one that has the key */
    public ActorView create(ActorRequest request) throws ActorException {
        Created made = getOrCreate(request);
        if (!made.created()) {
            throw new ActorException(
                    ActorError.DUPLICATE_KEY,
                    "Actor with key already exists.",
                    Map.of(
                            "existing_actor_id", made.actor().id().value(),
                            "key", request.key().orElse("")));
        }
        return made.actor();
    }

    /** The actor that has the key; else a new one, which is started. */
    public Created getOrCreate(ActorRequest request) throws ActorException {
        check(request);
        if (request.key().isPresent()) {
            Optional<ActorView> existing =
                    byKey(request.namespace(), request.name(), request.key().get());
            if (existing.isPresent()) {
                return new Created(existing.get(), false);
            }
        }
        PoolName pool = new PoolName(request.namespace().id(), request.pool());
        if (!engine.pools().isDefined(pool)) {
            throw new ActorException(
                    ActorError.NO_RUNNER_CONFIG,
                    "No runner config with the name '" + request.pool() + "' exists in the namespace '"
                            + request.namespace().name()
                            + "'; start a runner of that name or put a config for it first.",
                    Map.of("namespace", request.namespace().name(), "pool_name", request.pool()));
        }
        if (engine.isDraining()) {
            throw new ActorException(ActorError.DRAINING, "the node is stopping");
        }
        long now = engine.timers().nowMillis();
        Step<Actor, ActorEffect> begin = engine.actors().decider().begin(request.crashPolicy(), now);
        Known known = record(request, begin.state());
        Optional<ActorId> taken = Durably.write(
                engine.actors().create(known, begin.effects(), request.input().orElse(null)));
        if (taken.isPresent()) {
            return new Created(require(taken.get()), false);
        }
        putName(request);
        return new Created(known.view(), true);
    }

    private Known record(ActorRequest request, Actor state) {
        ActorRecord record = new ActorRecord(
                ids.actor(),
                request.namespace().id(),
                request.name(),
                request.key().orElse(null),
                request.pool(),
                request.crashPolicy().wireName(),
                engine.clock().now(),
                null,
                null,
                true,
                ActorStateCodec.write(state),
                0);
        return new Known(record, state);
    }

    private static void check(ActorRequest request) throws ActorException {
        if (request.name().isEmpty() || request.name().length() > Limits.ACTOR_NAME_CHARS_MAX) {
            throw new ActorException(
                    ActorError.NAME_INVALID,
                    "the name of an actor has 1 to " + Limits.ACTOR_NAME_CHARS_MAX + " characters");
        }
        if (request.key().isPresent()
                && request.key().get().getBytes(StandardCharsets.UTF_8).length > Limits.ACTOR_KEY_BYTES_MAX) {
            throw new ActorException(
                    ActorError.KEY_TOO_LARGE, "a key has at most " + Limits.ACTOR_KEY_BYTES_MAX + " bytes");
        }
        if (request.input().isPresent() && request.input().get().length > Limits.ACTOR_INPUT_BYTES_MAX) {
            throw new ActorException(
                    ActorError.INPUT_TOO_LARGE, "an input has at most " + Limits.ACTOR_INPUT_BYTES_MAX + " bytes");
        }
    }

    private void putName(ActorRequest request) {
        if (engine.isNewName(request.namespace().id(), request.name())) {
            var _ = store.putActorName(new ActorNameRecord(request.namespace().id(), request.name(), "{}"));
        }
    }

    /** Destroyed ones as well, until they are forgotten. */
    public Optional<ActorView> get(ActorId id) {
        Optional<ActorShell> awake = engine.actors().peek(id);
        return awake.isPresent()
                ? Optional.of(awake.get().known().view())
                : store.actor(id).map(record -> Known.read(record).view());
    }

    private ActorView require(ActorId id) throws ActorException {
        return get(id).orElseThrow(() -> new ActorException(ActorError.NOT_FOUND, "The actor does not exist."));
    }

    /** The one that has the key now. */
    public Optional<ActorView> byKey(NamespaceRecord namespace, String name, String key) {
        return store.actorByKey(namespace.id(), name, key)
                .map(record -> Known.read(record).view());
    }

    /** As the filter asks for them, newest first. */
    public List<ActorView> list(ActorFilter filter) {
        return store.actors(filter).stream()
                .map(record -> Known.read(record).view())
                .toList();
    }

    /** The names of actors that were made or announced by runners, ascending. */
    public List<ActorNameRecord> names(NamespaceRecord namespace, @Nullable String after, int limit) {
        return store.actorNames(namespace.id(), after, limit);
    }

    /** Destroys it for good; when this returns that is durable. True also when it was destroyed before. */
    public boolean destroy(ActorId id) throws ActorException {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Optional<ActorWatch> watch = engine.watch(id, new ActorListener() {
            @Override
            public void ready(ActorPlace place) {
                // not what is waited for
            }

            @Override
            public void stopped(long generation) {
                // not what is waited for
            }

            @Override
            public void destroyed() {
                done.complete(true);
            }
        });
        if (watch.isEmpty()) {
            return false;
        }
        try (ActorWatch it = watch.get()) {
            if (it.isDestroyed()) {
                return true;
            }
            engine.actors().tell(id, new ActorEvent.DestroyAsked(engine.timers().nowMillis()));
            return Durably.write(done);
        }
    }

    /** Asks that it sleeps; false when there is none. */
    public boolean sleep(ActorId id) {
        return engine.actors()
                .tell(id, new ActorEvent.SleepAsked(engine.timers().nowMillis()));
    }

    /** Asks that it starts anew; false when there is none. */
    public boolean reschedule(ActorId id) {
        return engine.actors()
                .tell(id, new ActorEvent.RescheduleAsked(engine.timers().nowMillis()));
    }

    /** Asks that it runs; false when there is none. */
    public boolean wake(ActorId id) {
        return engine.actors().tell(id, new ActorEvent.Wake(engine.timers().nowMillis()));
    }

    /** What an actor keeps under a key. */
    public Optional<KvEntry> kvGet(ActorId id, byte[] key) {
        return store.kvGet(id, List.of(key)).stream().findFirst();
    }
}
