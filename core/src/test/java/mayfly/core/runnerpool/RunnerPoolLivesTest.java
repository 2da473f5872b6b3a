package mayfly.core.runnerpool;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Does any life break a rule of the runner pool? {@code -Dmayfly.seed=N} lives one again. */
class RunnerPoolLivesTest {
    private static final int FIXED_SEEDS = 3_000;
    private static final int NEW_SEEDS = 50;

    @Test
    void noLifeBreaksARule() {
        long steps = 0;
        for (long seed : seeds()) {
            PoolLife life = new PoolLife(seed, pool -> pool::step);
            try {
                life.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError(
                        "seed " + seed + " (replay with -Dmayfly.seed=" + seed + "): " + broken.getMessage() + "\n  "
                                + life.story(),
                        broken);
            }
            steps += life.steps();
        }
        System.out.println("runner pools: " + steps + " steps");
    }

    private static long[] seeds() {
        Long replayed = Long.getLong("mayfly.seed");
        long fresh = new Random().nextInt();
        return replayed != null
                ? new long[] {replayed}
                : LongStream.concat(LongStream.range(0, FIXED_SEEDS), LongStream.range(fresh, fresh + NEW_SEEDS))
                        .toArray();
    }
}
