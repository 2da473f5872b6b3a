package mayfly.gateway.rivet;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import mayfly.actors.ActorCatalog;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorException;
import mayfly.actors.ActorRequest;
import mayfly.actors.ActorView;
import mayfly.actors.PoolConfigs;
import mayfly.api.ActorCreateRequest;
import mayfly.api.JsonValue;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.runnerpool.PoolError;
import mayfly.store.ActorFilter;
import mayfly.store.ActorNameRecord;
import mayfly.store.KvEntry;
import mayfly.store.NamespaceRecord;
import org.jspecify.annotations.Nullable;

/** The calls on actors. */
final class ActorApi {
    private final ActorEngine engine;
    private final ActorCatalog catalog;

    ActorApi(ActorEngine engine) {
        this.engine = engine;
        this.catalog = engine.catalog();
    }

    JsonValue create(NamespaceRecord namespace, ActorCreateRequest wanted) throws ActorException, RivetException {
        ActorView actor = catalog.create(request(namespace, wanted));
        return new Members().put("actor", json(namespace, actor)).json();
    }

    JsonValue getOrCreate(NamespaceRecord namespace, ActorCreateRequest wanted) throws ActorException, RivetException {
        if (wanted.key().isEmpty()) {
            throw RivetException.badRequest("key: required");
        }
        ActorCatalog.Created made = catalog.getOrCreate(request(namespace, wanted));
        return new Members()
                .put("actor", json(namespace, made.actor()))
                .put("created", made.created())
                .json();
    }

    private static ActorRequest request(NamespaceRecord namespace, ActorCreateRequest wanted) throws RivetException {
        if (wanted.datacenter().isPresent()) {
            Datacenter.check(wanted.datacenter().get());
        }
        if (wanted.key().isPresent() && wanted.key().get().isEmpty()) {
            throw new RivetException(400, "actor", "empty_key", "Key label cannot be empty.", JsonValue.NULL);
        }
        CrashPolicy policy = switch (wanted.crashPolicy()) {
            case RESTART -> CrashPolicy.RESTART;
            case SLEEP -> CrashPolicy.SLEEP;
            case DESTROY -> CrashPolicy.DESTROY;
        };
        return new ActorRequest(
                namespace, wanted.name(), wanted.key(), wanted.runnerNameSelector(), policy, wanted.input());
    }

    // Reading ---------------------------------------------------------------------------------------------------

    JsonValue list(NamespaceRecord namespace, RivetQuery query) throws RivetException {
        List<String> ids = query.list("actor_ids", "actor_id");
        Optional<String> name = query.text("name");
        Optional<String> key = query.text("key");
        if (!ids.isEmpty() && (name.isPresent() || key.isPresent())) {
            throw RivetException.invalidInput(
                    "Cannot provide both actor_id and (name + key). Use either actor_id or (name + key).");
        }
        List<ActorView> found = ids.isEmpty() ? named(namespace, query, name, key) : byIds(namespace, ids);
        List<JsonValue> actors = new ArrayList<>();
        found.forEach(actor -> actors.add(json(namespace, actor)));
        return Answer.page(
                "actors", actors, found.isEmpty() ? null : found.getLast().id().value());
    }

    private List<ActorView> named(
            NamespaceRecord namespace, RivetQuery query, Optional<String> name, Optional<String> key)
            throws RivetException {
        if (name.isEmpty()) {
            throw RivetException.invalidInput(
                    key.isPresent()
                            ? "Name is required when key is provided."
                            : "Name is required when not using actor_ids.");
        }
        int limit = query.limit();
        boolean destroyed = query.flag("include_destroyed");
        ActorId before = before(query);
        if (limit == 0) {
            return List.of();
        }
        return catalog.list(
                new ActorFilter(namespace.id(), name.get(), key.orElse(null), List.of(), destroyed, before, limit));
    }

    private static @Nullable ActorId before(RivetQuery query) throws RivetException {
        Optional<String> cursor = query.text("cursor");
        if (cursor.isEmpty()) {
            return null;
        }
        return parsed(cursor.get()).orElseThrow(() -> RivetException.badRequest("cursor: not one that was given"));
    }

    /** Destroyed ones too; what is no id of an actor here is left out. */
    private List<ActorView> byIds(NamespaceRecord namespace, List<String> texts) throws RivetException {
        LinkedHashSet<ActorId> ids = new LinkedHashSet<>();
        texts.forEach(text -> parsed(text).ifPresent(ids::add));
        if (ids.isEmpty()) {
            throw RivetException.invalidInput("Name is required when not using actor_ids.");
        }
        if (ids.size() > Limits.ACTOR_IDS_MAX) {
            throw new RivetException(
                    400,
                    "validation",
                    "too_many_actor_ids",
                    "Too many actor IDs provided. Maximum is " + Limits.ACTOR_IDS_MAX + ", got " + ids.size(),
                    new Members()
                            .put("count", ids.size())
                            .put("max", Limits.ACTOR_IDS_MAX)
                            .json());
        }
        List<ActorView> found = new ArrayList<>();
        for (ActorId id : ids) {
            catalog.get(id)
                    .filter(actor -> actor.namespaceId().equals(namespace.id()))
                    .ifPresent(found::add);
        }
        return found;
    }

    JsonValue names(NamespaceRecord namespace, RivetQuery query) throws RivetException {
        int limit = query.limit();
        List<ActorNameRecord> names = limit == 0
                ? List.of()
                : catalog.names(namespace, query.text("cursor").orElse(null), limit);
        Members members = new Members();
        names.forEach(it -> members.put(
                it.name(),
                new Members().put("metadata", RunnerJson.json(it.metadata())).json()));
        return Answer.page(
                "names",
                members.json(),
                names.isEmpty() ? null : names.getLast().name());
    }

    JsonValue kvGet(NamespaceRecord namespace, String id, String key) throws RivetException {
        ActorView actor = require(namespace, id);
        KvEntry entry = catalog.kvGet(actor.id(), decoded(key))
                .orElseThrow(() -> new RivetException(
                        400, "actor", "kv_key_not_found", "The KV key does not exist for this actor.", JsonValue.NULL));
        return new Members()
                .put("value", Base64.getEncoder().encodeToString(entry.value()))
                .put("update_ts", entry.updatedAt())
                .json();
    }

    /** Either alphabet of base 64, with or without its padding: it stands in a path. */
    private static byte[] decoded(String key) throws RivetException {
        try {
            byte[] bytes = Base64.getDecoder().decode(key.replace('-', '+').replace('_', '/'));
            if (bytes.length <= Limits.KV_KEY_BYTES_MAX) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw RivetException.badRequest("key: not base 64 of at most " + Limits.KV_KEY_BYTES_MAX + " bytes");
    }

    // Changing --------------------------------------------------------------------------------------------------

    JsonValue destroy(NamespaceRecord namespace, String id) throws ActorException, RivetException {
        if (!catalog.destroy(require(namespace, id).id())) {
            throw RivetException.actorNotFound();
        }
        return Answer.done();
    }

    JsonValue sleep(NamespaceRecord namespace, String id) throws RivetException {
        catalog.sleep(require(namespace, id).id());
        return Answer.done();
    }

    JsonValue reschedule(NamespaceRecord namespace, String id) throws RivetException {
        catalog.reschedule(require(namespace, id).id());
        return Answer.done();
    }

    JsonValue wake(NamespaceRecord namespace, String id) throws RivetException {
        catalog.wake(require(namespace, id).id());
        return Answer.done();
    }

    private ActorView require(NamespaceRecord namespace, String text) throws RivetException {
        ActorId id = parsed(text).orElseThrow(() -> RivetException.badRequest("Invalid URL: no id of an actor"));
        return catalog.get(id)
                .filter(actor -> actor.namespaceId().equals(namespace.id()))
                .orElseThrow(RivetException::actorNotFound);
    }

    private static Optional<ActorId> parsed(String text) {
        try {
            return Optional.of(new ActorId(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private JsonValue json(NamespaceRecord namespace, ActorView actor) {
        Optional<PoolError> error = engine.pools().get(namespace, actor.pool()).flatMap(PoolConfigs.Pool::error);
        return ActorJson.of(actor, error);
    }
}
