package mayfly.node;

import java.nio.file.Path;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does any interleaving of calls, deployments, failures and a drain lose a call, a record or a machine? */
class CallSimTest {
    private static final int FIXED_SEEDS = 40;
    private static final int NEW_SEEDS = 10;

    @TempDir
    Path directory;

    @Test
    void noInterleavingLosesAnything() throws Exception {
        Logger log = Logger.getLogger("mayfly.node"); // held, so that its level stays
        Level level = log.getLevel();
        log.setLevel(Level.OFF);
        long steps = 0;
        int calls = 0;
        long[] seeds = seeds();
        try {
            for (long seed : seeds) {
                CallWorld world = new CallWorld(seed, directory.resolve("seed" + seed));
                try {
                    world.run();
                } catch (Throwable broken) {
                    throw new AssertionError(
                            "seed " + seed + " (replay with -Dmayfly.seed=" + seed + "): " + broken.getMessage(),
                            broken);
                }
                steps += world.steps();
                calls += world.calls();
            }
        } finally {
            log.setLevel(level);
        }
        System.out.println("call simulation: " + seeds.length + " lives, " + calls + " calls, " + steps
                + " steps; last seed " + seeds[seeds.length - 1]);
    }

    private static long[] seeds() {
        Long replayed = Long.getLong("mayfly.seed");
        if (replayed != null) {
            return new long[] {replayed};
        }
        long fresh = new Random().nextInt();
        return LongStream.concat(
                        LongStream.range(0, Long.getLong("mayfly.seeds", FIXED_SEEDS)),
                        LongStream.range(fresh, fresh + NEW_SEEDS))
                .toArray();
    }
}
