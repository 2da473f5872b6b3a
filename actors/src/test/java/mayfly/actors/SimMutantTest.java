package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Can the simulation say no? Every planted bug must be caught, and every rule must have caught one. */
class SimMutantTest {
    private static final long SEEDS_EACH = 4;
    private static final long SEEDS_MAX = 400;
    private static final Set<SimMutant> SUBTLE = EnumSet.of(
            SimMutant.GIVES_UP_WHO_MAY_COME_BACK, SimMutant.A_SOCKET_LOSES_STOPS, SimMutant.COUNTS_BACKWARDS);

    @Test
    void everyPlantedBugIsCaughtAndEveryRuleCatchesOne() {
        Map<SimMutant, Set<SimRule>> spoke = new EnumMap<>(SimMutant.class);
        EnumSet<SimRule> silent = EnumSet.allOf(SimRule.class);
        for (SimMutant mutant : SimMutant.values()) {
            Set<SimRule> rules = EnumSet.noneOf(SimRule.class);
            for (long seed = 0; seed < SEEDS_EACH || (rules.isEmpty() && seed < SEEDS_MAX); seed++) {
                rules.addAll(caught(mutant, seed));
            }
            silent.removeAll(rules);
            spoke.put(mutant, rules);
        }
        // some rules are broken by bugs that mostly break others first
        for (long seed = SEEDS_EACH; !silent.isEmpty() && seed < SEEDS_MAX; seed++) {
            for (SimMutant subtle : SUBTLE) {
                silent.removeAll(caught(subtle, seed));
            }
        }
        assertThat(spoke.keySet().stream().filter(it -> spoke.get(it).isEmpty()))
                .as("planted bugs that nobody saw")
                .isEmpty();
        assertThat(silent).as("rules that never said no").isEmpty();
    }

    private static Set<SimRule> caught(SimMutant mutant, long seed) {
        try {
            new SimWorld(seed, mutant).run();
            return EnumSet.noneOf(SimRule.class);
        } catch (SimRule.Broken broken) {
            return EnumSet.of(broken.rule());
        }
    }
}
