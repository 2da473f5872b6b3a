package mayfly.gateway.rivet;

import java.util.List;
import java.util.Optional;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorException;
import mayfly.actors.EndpointException;
import mayfly.actors.PoolConfig;
import mayfly.actors.PoolConfigs;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.ServerlessCheckRequest;
import mayfly.base.Limits;
import mayfly.store.NamespaceRecord;

/** The calls on the definitions of pools. */
final class PoolApi {
    private static final List<String> KINDS = List.of("serverless", "normal", "hosted");

    private final ActorEngine engine;
    private final PoolConfigs pools;

    PoolApi(ActorEngine engine) {
        this.engine = engine;
        this.pools = engine.pools();
    }

    JsonValue list(NamespaceRecord namespace, RivetQuery query) throws RivetException {
        Optional<String> variant = query.text("variant");
        if (variant.isPresent() && !KINDS.contains(variant.get())) {
            throw RivetException.badRequest("Failed to deserialize query string: variant: unknown variant `"
                    + variant.get() + "`, expected `serverless`, `normal` or `hosted`");
        }
        List<String> names = query.list("runner_names", "runner_name");
        int limit = query.limit();
        List<PoolConfigs.Pool> found = names.isEmpty()
                ? pools.list(namespace, query.text("cursor").orElse(null), Math.max(limit, 1))
                : names.stream()
                        .distinct()
                        .limit(Limits.LIST_PAGE_MAX)
                        .flatMap(name -> pools.get(namespace, name).stream())
                        .toList();
        Members members = new Members();
        found.stream()
                .filter(pool -> variant.isEmpty() || variant.get().equals(variantOf(pool.config())))
                .limit(limit)
                .forEach(pool -> members.put(pool.name(), PoolJson.of(pool)));
        boolean more = names.isEmpty() && limit > 0 && found.size() == limit;
        return Answer.page(
                "runner_configs", members.json(), more ? found.getLast().name() : null);
    }

    private static String variantOf(PoolConfig config) {
        return config.serverless().isPresent() ? "serverless" : config.hosted().isPresent() ? "hosted" : "normal";
    }

    JsonValue put(NamespaceRecord namespace, String name, JsonValue body) throws ActorException, RivetException {
        if (!(body instanceof JsonValue.JsonObject object)
                || !(object.get("datacenters") instanceof JsonValue.JsonObject datacenters)) {
            throw RivetException.badRequest("datacenters: required, an object");
        }
        boolean changed = false;
        for (var entry : datacenters.members().entrySet()) {
            Datacenter.check(entry.getKey());
            PoolConfig config = read(entry.getValue());
            Optional<PoolConfig> last = pools.get(namespace, name).map(PoolConfigs.Pool::config);
            pools.put(namespace, name, config);
            changed = last.isEmpty() || isOtherEndpoint(last.get(), config);
        }
        return new Members().put("endpoint_config_changed", changed).json();
    }

    /** Fields that we do not know are left alone here, as Rivet does: its clients send those of other versions. */
    private static PoolConfig read(JsonValue value) throws RivetException {
        if (!(value instanceof JsonValue.JsonObject object)
                || KINDS.stream().noneMatch(object.members()::containsKey)) {
            throw RivetException.badRequest(
                    "datacenters." + Datacenter.NAME + ": must be an object with one of " + String.join(", ", KINDS));
        }
        try {
            return Json.readAnswer(Json.write(value), PoolConfig.class);
        } catch (InvalidException e) {
            throw RivetException.badRequest("datacenters." + Datacenter.NAME + ": " + e.getMessage());
        }
    }

    /** Without an endpoint it always counts as changed: what the clients' own engine answers. */
    private static boolean isOtherEndpoint(PoolConfig last, PoolConfig next) {
        return next.serverless().isEmpty()
                || !last.serverless()
                        .map(PoolConfig.Serverless::url)
                        .equals(next.serverless().map(PoolConfig.Serverless::url))
                || !last.serverless()
                        .flatMap(PoolConfig.Serverless::headers)
                        .equals(next.serverless().flatMap(PoolConfig.Serverless::headers));
    }

    JsonValue delete(NamespaceRecord namespace, String name) throws ActorException {
        pools.delete(namespace, name);
        return Answer.done();
    }

    /** Asks the pool's endpoint what it is. */
    JsonValue refresh(NamespaceRecord namespace, String name) throws RivetException {
        Optional<PoolConfig.Serverless> endpoint =
                pools.get(namespace, name).flatMap(pool -> pool.config().serverless());
        if (endpoint.isEmpty()) {
            throw new RivetException(
                    400,
                    "runner_config",
                    "not_found",
                    "There is no serverless pool '" + name + "' in this namespace.",
                    JsonValue.NULL);
        }
        try {
            engine.look(endpoint.get());
        } catch (EndpointException e) {
            throw new RivetException(
                    400,
                    "serverless_runner_pool",
                    "failed_to_fetch_metadata",
                    "Failed to fetch serverless metadata: " + e.getMessage() + ".",
                    new Members().put("reason", failure(e)).json());
        }
        pools.refresh(namespace, name);
        return Answer.done();
    }

    /** Whether runners could be had from an endpoint. */
    JsonValue check(ServerlessCheckRequest wanted) {
        PoolConfig.Serverless endpoint = endpoint(wanted);
        try {
            PoolConfigs.check("checked", pool(endpoint));
            return new Members()
                    .put("success", Members.of("version", engine.look(endpoint).version()))
                    .json();
        } catch (ActorException e) {
            return failed(error("invalid serverless metadata request", "invalid_request"));
        } catch (EndpointException e) {
            return failed(failure(e));
        }
    }

    private static JsonValue failed(JsonValue error) {
        return new Members()
                .put("failure", new Members().put("error", error).json())
                .json();
    }

    private static JsonValue failure(EndpointException e) {
        return error(String.valueOf(e.getMessage()), e.code());
    }

    private static JsonValue error(String message, String kind) {
        return new Members()
                .put("message", message)
                .put("metadata", Members.of("kind", kind))
                .json();
    }

    private static PoolConfig pool(PoolConfig.Serverless endpoint) {
        return new PoolConfig(
                Optional.empty(), Optional.of(endpoint), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** A definition of which only the address matters. */
    private static PoolConfig.Serverless endpoint(ServerlessCheckRequest wanted) {
        return new PoolConfig.Serverless(
                wanted.url(),
                wanted.headers(),
                1,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
