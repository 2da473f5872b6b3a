package mayfly.checks.faults;

import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** How often the killing tests kill, and when: from a seed that is printed and can be given again. */
final class Rounds {
    private static final int USUAL = 3;
    private static final int SOAK = 40;

    private Rounds() {}

    /** More with {@code -Dmayfly.soak=true}. */
    static int count() {
        return Boolean.getBoolean("mayfly.soak") ? SOAK : USUAL;
    }

    /** By {@code -Dmayfly.seed=N}; the timing of processes is theirs, so a seed repeats the moments, not the run. */
    static RandomGenerator random(String test) {
        long seed = Long.getLong("mayfly.seed", ThreadLocalRandom.current().nextLong());
        System.out.println(test + ": -Dmayfly.seed=" + seed);
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }
}
