package mayfly.gateway.rivet;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorException;
import mayfly.api.ActorCreateRequest;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.NamespaceCreateRequest;
import mayfly.api.ServerlessCheckRequest;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.http.Exchange;
import mayfly.store.NamespaceRecord;

/** What each route answers. */
final class RivetCalls {
    /** An input in base 64, and what stands around it. */
    private static final int CREATE_BODY_BYTES_MAX = Limits.ACTOR_INPUT_BYTES_MAX / 3 * 4 + 64 * Limits.KIB;

    private static final int BODY_BYTES_MAX = 256 * Limits.KIB;

    private final ActorEngine engine;
    private final String version;
    private final Room room;
    private final ActorApi actors;
    private final PoolApi pools;
    private final RunnerApi runners;
    private final NamespaceApi namespaces;

    RivetCalls(ActorEngine engine, String version, Room room) {
        this.engine = engine;
        this.version = version;
        this.room = room;
        this.actors = new ActorApi(engine);
        this.pools = new PoolApi(engine);
        this.runners = new RunnerApi(engine.runners());
        this.namespaces = new NamespaceApi(engine.namespaces());
    }

    JsonValue answer(Exchange exchange, RivetRoute route, List<String> parameters)
            throws IOException, RivetException, ActorException, InvalidException, RefusedException {
        RivetQuery query = RivetQuery.of(route, exchange.queryParameters());
        return switch (route) {
            case METADATA -> metadata();
            case DATACENTERS ->
                Datacenter.list(Optional.ofNullable(exchange.host()).orElse("localhost"));
            case ACTOR_LIST -> actors.list(namespace(query), query);
            case ACTOR_CREATE, ACTOR_GET_OR_CREATE -> make(exchange, route, namespace(query));
            case ACTOR_NAMES -> actors.names(namespace(query), query);
            case ACTOR_DELETE -> actors.destroy(namespace(query), parameters.getFirst());
            case ACTOR_SLEEP -> actors.sleep(plain(exchange, query), parameters.getFirst());
            case ACTOR_RESCHEDULE -> actors.reschedule(plain(exchange, query), parameters.getFirst());
            case ACTOR_WAKE -> actors.wake(plain(exchange, query), parameters.getFirst());
            case ACTOR_KV_GET -> actors.kvGet(namespace(query), parameters.get(0), parameters.get(1));
            case RUNNER_LIST -> runners.list(namespace(query), query);
            case RUNNER_NAMES -> runners.names(namespace(query), query);
            case POOL_LIST -> pools.list(namespace(query), query);
            case POOL_HEALTH_CHECK -> {
                namespace(query);
                yield pools.check(Json.read(body(exchange, BODY_BYTES_MAX), ServerlessCheckRequest.class));
            }
            case POOL_PUT ->
                pools.put(namespace(query), parameters.getFirst(), Json.parse(body(exchange, BODY_BYTES_MAX)));
            case POOL_DELETE -> pools.delete(namespace(query), parameters.getFirst());
            case POOL_REFRESH -> pools.refresh(plain(exchange, query), parameters.getFirst());
            case NAMESPACE_LIST -> namespaces.list(query);
            case NAMESPACE_CREATE ->
                namespaces.create(Json.read(body(exchange, BODY_BYTES_MAX), NamespaceCreateRequest.class));
            case ENVOY_LIST -> {
                namespace(query);
                yield Answer.page("envoys", List.of(), null);
            }
        };
    }

    /** What a client reads first. Without a version of the envoy protocol clients use the runner protocol. */
    private JsonValue metadata() {
        return new Members()
                .put("runtime", "engine")
                .put("version", version)
                .put("engine", "mayfly")
                .json();
    }

    private NamespaceRecord namespace(RivetQuery query) throws RivetException, ActorException {
        return engine.namespaces().require(query.required("namespace"));
    }

    /** The namespace of a call whose body says nothing. */
    private NamespaceRecord plain(Exchange exchange, RivetQuery query)
            throws IOException, RivetException, ActorException, InvalidException {
        NamespaceRecord namespace = namespace(query);
        JsonValue body = Json.parse(body(exchange, BODY_BYTES_MAX));
        if (!(body instanceof JsonValue.JsonObject object)) {
            throw RivetException.badRequest("must be an object");
        }
        if (!object.members().isEmpty()) {
            throw RivetException.badRequest(
                    object.members().firstEntry().getKey() + ": unknown field, there are no fields");
        }
        return namespace;
    }

    private JsonValue make(Exchange exchange, RivetRoute route, NamespaceRecord namespace)
            throws IOException, RivetException, ActorException, InvalidException, RefusedException {
        // As text, and as the bytes that the text stands for.
        try (Room.Held _ = room.reserve(exchange, CREATE_BODY_BYTES_MAX, 2)) {
            ActorCreateRequest wanted = Json.read(body(exchange, CREATE_BODY_BYTES_MAX), ActorCreateRequest.class);
            return route == RivetRoute.ACTOR_CREATE
                    ? actors.create(namespace, wanted)
                    : actors.getOrCreate(namespace, wanted);
        }
    }

    /** Only with its type: a browser asks before it lets a page of another origin send one with this. */
    private static byte[] body(Exchange exchange, int bytesMax) throws IOException, RivetException {
        String type = exchange.header("content-type");
        String media = type == null ? "" : type.split(";", 2)[0].strip();
        if (!media.equalsIgnoreCase("application/json")) {
            throw RivetException.badRequest("Expected request with `Content-Type: application/json`");
        }
        return exchange.body(bytesMax);
    }
}
