package mayfly.gateway.rivet;

import java.util.Map;
import java.util.Optional;
import mayfly.actors.PoolConfig;
import mayfly.actors.PoolConfigs;
import mayfly.api.JsonValue;
import mayfly.core.runnerpool.PoolError;

/** A pool's definition as Rivet's interface shows it: with every default said. */
final class PoolJson {
    /** What a pool has that does not say how many. */
    private static final int CONCURRENT_ACTORS = 1_000;

    private static final int RUNNERS = 1_000;

    private PoolJson() {}

    static JsonValue of(PoolConfigs.Pool pool) {
        PoolConfig config = pool.config();
        boolean upgrade = config.drainOnVersionUpgrade().orElse(true);
        Members here = new Members();
        config.serverless().ifPresent(it -> here.put("serverless", serverless(it, upgrade)));
        config.hosted().ifPresent(it -> here.put("hosted", hosted(it, upgrade)));
        config.normal()
                .ifPresent(
                        _ -> here.put("normal", common(new Members(), upgrade).json()));
        config.metadata().ifPresent(metadata -> here.put("metadata", metadata));
        here.put("protocol_version", JsonValue.NULL);
        pool.error().ifPresent(error -> here.put("runner_pool_error", error(error)));
        return new Members()
                .put(
                        "datacenters",
                        new Members().put(Datacenter.NAME, here.json()).json())
                .json();
    }

    static JsonValue error(PoolError error) {
        return switch (error) {
            case PoolError.HttpError it ->
                one(
                        "serverless_http_error",
                        new Members().put("status_code", it.status()).put("body", it.body()));
            case PoolError.ConnectionError it ->
                one("serverless_connection_error", new Members().put("message", it.message()));
            case PoolError.StreamEndedEarly _ -> JsonValue.of("serverless_stream_ended_early");
            case PoolError.InvalidBase64 _ -> JsonValue.of("serverless_invalid_base64");
            case PoolError.InvalidPayload it ->
                one(
                        "serverless_invalid_payload",
                        new Members().put("message", it.message()).put("raw_payload", it.payload()));
            case PoolError.ProgramFailed it -> one("hosted_program_failed", new Members().put("message", it.message()));
        };
    }

    private static JsonValue one(String name, Members detail) {
        return new Members().put(name, detail.json()).json();
    }

    private static JsonValue serverless(PoolConfig.Serverless it, boolean upgrade) {
        Members members = new Members()
                .put("url", it.url())
                .put("headers", texts(it.headers().orElse(Map.of())))
                .put("request_lifespan", it.requestLifespan())
                .put("max_concurrent_actors", it.maxConcurrentActors().orElse(CONCURRENT_ACTORS));
        it.drainGracePeriod().ifPresent(seconds -> members.put("drain_grace_period", seconds));
        runners(
                members,
                it.slotsPerRunner().orElse(1),
                it.minRunners(),
                it.maxRunners().orElse(RUNNERS),
                it.runnersMargin());
        it.metadataPollInterval().ifPresent(millis -> members.put("metadata_poll_interval", millis));
        return common(members, upgrade).json();
    }

    private static JsonValue hosted(PoolConfig.Hosted it, boolean upgrade) {
        Members members = new Members()
                .put(
                        "command",
                        new JsonValue.JsonArray(
                                it.command().stream().map(JsonValue::of).toList()))
                .put("env", texts(it.env().orElse(Map.of())));
        it.directory().ifPresent(directory -> members.put("directory", directory));
        it.drainGracePeriod().ifPresent(seconds -> members.put("drain_grace_period", seconds));
        members.put("idle_seconds", it.idleSeconds().orElse(PoolConfig.HOSTED_IDLE_SECONDS));
        runners(
                members,
                it.slotsPerRunner().orElse(PoolConfig.HOSTED_SLOTS),
                it.minRunners(),
                it.maxRunners().orElse(PoolConfig.HOSTED_MAX_RUNNERS),
                it.runnersMargin());
        return members.put("drain_on_version_upgrade", upgrade).json();
    }

    private static void runners(Members members, int slots, Optional<Integer> min, int max, Optional<Integer> margin) {
        members.put("slots_per_runner", slots)
                .put("min_runners", min.orElse(0))
                .put("max_runners", max)
                .put("runners_margin", margin.orElse(0));
    }

    private static Members common(Members members, boolean upgrade) {
        return members.put("drain_on_version_upgrade", upgrade)
                .put("actor_eviction_delay", 0)
                .put("actor_eviction_period", 0)
                .put("actor_eviction_rate", new JsonValue.JsonNumber("1.0"));
    }

    private static JsonValue texts(Map<String, String> texts) {
        Members members = new Members();
        texts.forEach(members::put);
        return members.json();
    }
}
