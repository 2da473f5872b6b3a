package mayfly.actors;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Does any interleaving of the real shells break a rule? {@code -Dmayfly.seed=N} lives one life again. */
class ActorSimTest {
    private static final int FIXED_SEEDS = 300;
    private static final int NEW_SEEDS = 30;

    @Test
    void noInterleavingBreaksARule() {
        long actions = 0;
        long[] seeds = seeds();
        for (long seed : seeds) {
            SimWorld world = new SimWorld(seed, SimBugs.NONE);
            try {
                world.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError(
                        "seed " + seed + " (replay with -Dmayfly.seed=" + seed + "): " + broken.getMessage() + "\n  "
                                + world.story(),
                        broken);
            }
            actions += world.agenda().actions();
        }
        System.out.println("actor simulation: " + seeds.length + " lives, " + actions + " actions");
    }

    private static long[] seeds() {
        Long replayed = Long.getLong("mayfly.seed");
        long fresh = new Random().nextInt();
        return replayed != null
                ? new long[] {replayed}
                : LongStream.concat(
                                LongStream.range(0, Long.getLong("mayfly.seeds", FIXED_SEEDS)),
                                LongStream.range(fresh, fresh + NEW_SEEDS))
                        .toArray();
    }
}
