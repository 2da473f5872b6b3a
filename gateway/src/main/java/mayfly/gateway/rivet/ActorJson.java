package mayfly.gateway.rivet;

import java.util.Optional;
import java.util.OptionalLong;
import mayfly.actors.ActorView;
import mayfly.api.JsonValue;
import mayfly.core.actor.Actor;
import mayfly.core.actor.Failure;
import mayfly.core.runnerpool.PoolError;

/** An actor as Rivet's interface shows it. */
final class ActorJson {
    private ActorJson() {}

    /** @param poolError why its pool gets no runners */
    static JsonValue of(ActorView actor, Optional<PoolError> poolError) {
        Actor state = actor.state();
        Members members = new Members()
                .put("actor_id", actor.id().value())
                .put("name", actor.name())
                .put("key", actor.key())
                .put("namespace_id", actor.namespaceId().value())
                .put("datacenter", Datacenter.NAME)
                .put("runner_name_selector", actor.pool())
                .put("crash_policy", state.life().crashPolicy().wireName())
                .put("create_ts", actor.createdAt())
                .put("start_ts", state.life().startedMillis())
                .put("pending_allocation_ts", pendingSince(state))
                .put("connectable_ts", connectableSince(state))
                .put("sleep_ts", asleepSince(state))
                .put("reschedule_ts", startsAgainAt(state))
                .put("destroy_ts", destroyedAt(state));
        error(state, poolError).ifPresent(error -> members.put("error", error));
        return members.json();
    }

    private static OptionalLong pendingSince(Actor state) {
        return state instanceof Actor.Pending it ? OptionalLong.of(it.sinceMillis()) : OptionalLong.empty();
    }

    private static OptionalLong connectableSince(Actor state) {
        return state instanceof Actor.Running it ? OptionalLong.of(it.sinceMillis()) : OptionalLong.empty();
    }

    private static OptionalLong asleepSince(Actor state) {
        return switch (state) {
            case Actor.Sleeping it -> OptionalLong.of(it.sinceMillis());
            case Actor.Stopping it when it.reason() == Actor.Reason.SLEEP -> OptionalLong.of(it.sinceMillis());
            case Actor.Stopping _,
                    Actor.Pending _,
                    Actor.BackingOff _,
                    Actor.Starting _,
                    Actor.Running _,
                    Actor.Destroying _,
                    Actor.Destroyed _ -> OptionalLong.empty();
        };
    }

    private static OptionalLong startsAgainAt(Actor state) {
        return state instanceof Actor.BackingOff it ? OptionalLong.of(it.untilMillis()) : OptionalLong.empty();
    }

    private static OptionalLong destroyedAt(Actor state) {
        return switch (state) {
            case Actor.Destroying it -> OptionalLong.of(it.sinceMillis());
            case Actor.Destroyed it -> OptionalLong.of(it.atMillis());
            case Actor.Sleeping _,
                    Actor.Pending _,
                    Actor.BackingOff _,
                    Actor.Starting _,
                    Actor.Running _,
                    Actor.Stopping _ -> OptionalLong.empty();
        };
    }

    /** Why it does not run although it should. One that waits for its pool has the pool's reason. */
    private static Optional<JsonValue> error(Actor state, Optional<PoolError> poolError) {
        if (state instanceof Actor.Pending && poolError.isPresent()) {
            return Optional.of(new Members()
                    .put("runner_pool_error", PoolJson.error(poolError.get()))
                    .json());
        }
        return state.life().failure().map(ActorJson::failure);
    }

    private static JsonValue failure(Failure failure) {
        return switch (failure) {
            case Failure.Crashed it -> one("crashed", new Members().put("message", it.message()));
            case Failure.NoResponse it -> one("runner_no_response", runner(it.runner()));
            case Failure.ConnectionLost it -> one("runner_connection_lost", runner(it.runner()));
            case Failure.DrainingTimeout it -> one("runner_draining_timeout", runner(it.runner()));
            case Failure.NoCapacity _ -> JsonValue.of("no_capacity");
        };
    }

    private static JsonValue one(String name, Members detail) {
        return new Members().put(name, detail.json()).json();
    }

    private static Members runner(mayfly.base.RunnerId runner) {
        return new Members().put("runner_id", runner.value());
    }
}
