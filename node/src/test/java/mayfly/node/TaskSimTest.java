package mayfly.node;

import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Does any interleaving make the node say of a task what is not so? {@code -Dmayfly.seed=N} replays one. */
class TaskSimTest {
    private static final int FIXED_SEEDS = 500;
    private static final int NEW_SEEDS = 50;
    private static final Logger LOG = Logger.getLogger("mayfly.node");

    @BeforeAll
    static void quiet() {
        LOG.setLevel(Level.OFF); // failures are what this is about
    }

    @AfterAll
    static void loud() {
        LOG.setLevel(null);
    }

    @Test
    void whatIsToldOfTasksIsSo() {
        Long replayed = Long.getLong("mayfly.seed");
        long fresh = new Random().nextInt();
        long[] seeds = replayed != null
                ? new long[] {replayed}
                : LongStream.concat(
                                LongStream.range(0, Long.getLong("mayfly.seeds", FIXED_SEEDS)),
                                LongStream.range(fresh, fresh + NEW_SEEDS))
                        .toArray();
        long moments = 0;
        for (long seed : seeds) {
            TaskWorld world = new TaskWorld(seed);
            try {
                world.run();
            } catch (TaskWorld.Broken broken) {
                throw new AssertionError("replay with -Dmayfly.seed=" + seed + ": " + broken.getMessage(), broken);
            }
            moments += world.moments;
        }
        System.out.println("task simulation: " + seeds.length + " worlds, " + moments + " moments; last seed "
                + seeds[seeds.length - 1]);
    }
}
