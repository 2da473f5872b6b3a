package mayfly.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

/**
 * Tries a claim on generated cases. Every case is made from one seed; a failure names the seed, and
 * {@code -Dmayfly.seed=N} tries that one case again. The same fixed seeds run every time, and a few new ones.
 */
public final class Property {
    private static final int NEW_SEEDS = 20;

    private Property() {}

    /** What must hold for whatever the generator draws; throws when it does not. */
    @FunctionalInterface
    public interface Claim {
        void check(Draw draw);
    }

    /** Checks the claim on {@code cases} fixed seeds and a few new ones. */
    public static void holds(int cases, Claim claim) {
        for (long seed : seeds(cases)) {
            Draw draw = new Draw(seed);
            try {
                claim.check(draw);
            } catch (AssertionError | RuntimeException failed) {
                throw new AssertionError(
                        "seed " + seed + " (replay with -Dmayfly.seed=" + seed + "): " + failed.getMessage()
                                + draw.told(),
                        failed);
            }
        }
    }

    private static long[] seeds(int cases) {
        Long replayed = Long.getLong("mayfly.seed");
        if (replayed != null) {
            return new long[] {replayed};
        }
        long fresh = new Random().nextInt();
        return LongStream.concat(LongStream.range(0, cases), LongStream.range(fresh, fresh + NEW_SEEDS))
                .toArray();
    }

    /** Draws values from one seed and remembers what the case wants told when it fails. */
    public static final class Draw {
        private static final int TOLD_MAX = 60;

        private final Random random;
        private final List<String> story = new ArrayList<>();

        private Draw(long seed) {
            this.random = new Random(seed);
        }

        /** From low to high, both included. */
        public int between(int low, int high) {
            return low + random.nextInt(high - low + 1);
        }

        public boolean chance(int percent) {
            return random.nextInt(100) < percent;
        }

        @SafeVarargs
        public final <T> T oneOf(T... values) {
            return values[random.nextInt(values.length)];
        }

        public <T> T oneOf(List<T> values) {
            return values.get(random.nextInt(values.size()));
        }

        /** Keeps a line for the failure's message. */
        public void tell(Object line) {
            story.add(String.valueOf(line));
        }

        private String told() {
            int from = Math.max(0, story.size() - TOLD_MAX);
            return story.isEmpty() ? "" : "\nlast steps:\n  " + String.join("\n  ", story.subList(from, story.size()));
        }
    }
}
