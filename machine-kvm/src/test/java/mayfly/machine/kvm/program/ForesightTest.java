package mayfly.machine.kvm.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import mayfly.machine.kvm.program.Foresight.Plan;
import org.junit.jupiter.api.Test;

/** When scripts are learned, used and given up. */
class ForesightTest {
    private static final Script SCRIPT =
            new Script(2, List.of(new Script.Call(288, new long[6], List.of(), 0, List.of())), true);
    private static final Script EMPTY = new Script(2, List.of(), true);

    private final Foresight foresight = new Foresight();

    @Test
    void itLearnsUntilItKnows() {
        assertThat(foresight.plan()).isInstanceOf(Plan.Learn.class);
        assertThat(foresight.plan()).isInstanceOf(Plan.Learn.class);
        foresight.learned(SCRIPT);
        assertThat(foresight.plan()).isEqualTo(new Plan.Expect(SCRIPT));
        foresight.hit();
        assertThat(foresight.plan()).isEqualTo(new Plan.Expect(SCRIPT));
        assertThat(foresight.hits()).isEqualTo(1);
    }

    @Test
    void whatMissedIsLearnedAnew() {
        foresight.learned(SCRIPT);
        foresight.miss();
        assertThat(foresight.plan()).isInstanceOf(Plan.Learn.class);
        assertThat(foresight.missed()).isEqualTo(1);
    }

    @Test
    void missesInARowEndItForAWhile() {
        for (int i = 0; i < Foresight.MISSES_MAX; i++) {
            foresight.learned(SCRIPT);
            assertThat(foresight.plan()).isInstanceOf(Plan.Expect.class);
            foresight.miss();
        }
        rests();
    }

    @Test
    void aHitBetweenMissesMakesThemCountAnew() {
        for (int i = 0; i < 2 * Foresight.MISSES_MAX; i++) {
            foresight.miss();
            foresight.hit();
        }
        assertThat(foresight.plan()).isInstanceOf(Plan.Learn.class);
    }

    @Test
    void aProgramOfWhichNothingCanBeForetoldIsAskedAgainLater() {
        foresight.learned(EMPTY);
        rests();
    }

    private void rests() {
        for (int i = 0; i < Foresight.REST; i++) {
            assertThat(foresight.plan()).as("unit " + i).isInstanceOf(Plan.Plain.class);
        }
        assertThat(foresight.plan()).isInstanceOf(Plan.Learn.class);
    }
}
