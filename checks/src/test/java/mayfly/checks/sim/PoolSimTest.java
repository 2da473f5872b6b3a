package mayfly.checks.sim;

import mayfly.core.pool.Pools;
import org.junit.jupiter.api.Test;

/** Does any interleaving break a rule of the pool? */
class PoolSimTest {
    private static final int FIXED_SEEDS = 2_000;

    @Test
    void noInterleavingBreaksARule() {
        long steps = 0;
        long[] seeds = Seeds.fixedAndNew(FIXED_SEEDS);
        for (long seed : seeds) {
            PoolWorld world = new PoolWorld(seed, Pools::step);
            try {
                world.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError(
                        Seeds.replay(seed) + ": " + broken.getMessage() + "\n  " + world.story(), broken);
            }
            steps += world.steps();
        }
        System.out.println("pool simulation: " + seeds.length + " lives, " + steps + " steps; last seed "
                + seeds[seeds.length - 1]);
    }
}
