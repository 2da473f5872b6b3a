package mayfly.checks.sim;

import java.util.Random;
import java.util.stream.LongStream;

/** Which seeds a simulation runs: the same fixed ones every time and a few new ones, or the one that was asked for. */
final class Seeds {
    private static final int NEW_SEEDS = 50;

    private Seeds() {}

    /** {@code -Dmayfly.seed=N} runs N only; {@code -Dmayfly.seeds=N} runs N fixed ones. */
    static long[] fixedAndNew(int fixed) {
        Long replayed = Long.getLong("mayfly.seed");
        if (replayed != null) {
            return new long[] {replayed};
        }
        long fresh = new Random().nextInt();
        return LongStream.concat(
                        LongStream.range(0, Long.getLong("mayfly.seeds", fixed)),
                        LongStream.range(fresh, fresh + NEW_SEEDS))
                .toArray();
    }

    static String replay(long seed) {
        return "seed " + seed + " (replay with -Dmayfly.seed=" + seed + ")";
    }
}
