package mayfly.core.runnerpool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Can the referee say no? Every planted bug must be caught, and every rule must have caught one. */
class PoolMutantTest {
    private static final long SEEDS_EACH = 60;
    private static final long SEEDS_UNTIL_CAUGHT = 3_000;

    @Test
    void everyPlantedBugIsCaughtAndEveryRuleCatchesOne() {
        Set<Rule> spoke = EnumSet.noneOf(Rule.class);
        List<PoolMutant> missed = new ArrayList<>();
        for (PoolMutant mutant : PoolMutant.values()) {
            boolean caught = false;
            for (long seed = 0; seed < SEEDS_EACH || (!caught && seed < SEEDS_UNTIL_CAUGHT); seed++) {
                caught |= isCaught(mutant, seed, spoke);
            }
            if (!caught) {
                missed.add(mutant);
            }
        }
        assertThat(missed).as("planted bugs that nobody saw").isEmpty();
        assertThat(EnumSet.complementOf(EnumSet.copyOf(spoke)))
                .as("rules that never said no")
                .isEmpty();
    }

    private static boolean isCaught(PoolMutant mutant, long seed, Set<Rule> spoke) {
        try {
            new PoolLife(seed, mutant).run();
            return false;
        } catch (Rule.Broken broken) {
            spoke.add(broken.rule());
            return true;
        }
    }
}
