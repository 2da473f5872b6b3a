package mayfly.node;

import java.nio.file.Path;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does any interleaving of clients, failures, new versions, scaling and a drain lose a connection or a machine? */
class ServiceSimTest {
    private static final int FIXED_SEEDS = 150;
    private static final int NEW_SEEDS = 50;

    @TempDir
    Path directory;

    @Test
    void noInterleavingLosesAConnection() {
        Logger log = Logger.getLogger("mayfly.node"); // held, so that its level stays
        Level level = log.getLevel();
        log.setLevel(Level.OFF);
        long steps = 0;
        int connections = 0;
        int together = 0;
        long[] seeds = seeds();
        try {
            for (long seed : seeds) {
                ServiceWorld world = new ServiceWorld(seed, directory);
                try {
                    world.run();
                } catch (Throwable broken) {
                    throw new AssertionError(
                            "seed " + seed + " (replay with -Dmayfly.seed=" + seed + "): " + broken.getMessage(),
                            broken);
                }
                steps += world.steps();
                connections += world.connections();
                together = Math.max(together, world.together());
            }
        } finally {
            log.setLevel(level);
        }
        System.out.println("service simulation: " + seeds.length + " lives, " + connections + " connections, " + steps
                + " steps, up to " + together + " connections in a machine; last seed " + seeds[seeds.length - 1]);
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
