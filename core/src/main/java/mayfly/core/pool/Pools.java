package mayfly.core.pool;

import mayfly.core.Step;

/** Decides for pools; never acts. */
public final class Pools {
    private Pools() {}

    /** A pool that has nothing yet; its first Tick or WarmUp starts what the spec wants ready. */
    public static Pool create(PoolSpec spec, long nowNanos) {
        return new Pool.Open(
                spec,
                new TemplateState.Absent(),
                Row.empty(),
                Row.empty(),
                new Supply.Sound(),
                0,
                0,
                nowNanos,
                Long.MAX_VALUE);
    }

    /**
     * What follows from the event. An event about an earlier life (a machine that is gone, an answer to an older
     * question) gives back the same state and no effects.
     */
    public static Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
        Step<Pool, PoolEffect> step = switch (pool) {
            case Pool.Open open -> OpenPool.step(open, event);
            case Pool.Draining draining -> DrainingPool.step(draining, event);
            case Pool.Drained drained -> drained(drained, event);
        };
        assert PoolInvariants.hold(pool, event, step);
        return step;
    }

    private static Step<Pool, PoolEffect> drained(Pool.Drained pool, PoolEvent event) {
        return switch (event) {
            case PoolEvent.Acquire(var ticket, var _, var _) ->
                Step.with(pool, new PoolEffect.Refuse(ticket, new Refusal.Draining()));
            case PoolEvent.Cancel _,
                    PoolEvent.Release _,
                    PoolEvent.Created _,
                    PoolEvent.CreateFailed _,
                    PoolEvent.ResetDone _,
                    PoolEvent.HealthResult _,
                    PoolEvent.MachineLost _,
                    PoolEvent.Closed _,
                    PoolEvent.TemplateReady _,
                    PoolEvent.TemplateFailed _,
                    PoolEvent.TemplateHealth _,
                    PoolEvent.TemplateLost _,
                    PoolEvent.TemplateClosed _,
                    PoolEvent.WarmUp _,
                    PoolEvent.Tick _,
                    PoolEvent.Configure _,
                    PoolEvent.Drain _ -> Step.stay(pool);
        };
    }
}
