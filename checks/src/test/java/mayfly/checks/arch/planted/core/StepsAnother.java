package mayfly.checks.arch.planted.core;

import mayfly.core.Step;
import mayfly.core.pool.Pool;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.PoolEvent;
import mayfly.core.pool.Pools;

/** Planted: one lifecycle decides for another. */
final class StepsAnother {
    private StepsAnother() {}

    static Step<Pool, PoolEffect> meddle(Pool pool, PoolEvent event) {
        return Pools.step(pool, event);
    }
}
