package mayfly.node;

import static org.assertj.core.api.Assertions.assertThat;

import mayfly.machine.Reset;
import org.junit.jupiter.api.Test;

class ResetCountersTest {
    @Test
    void timesAndPagesAreOfTheNewestOnly() {
        ResetCounters counters = new ResetCounters();
        assertThat(counters.stats()).isEqualTo(new ResetStats(0, 0, 0, 0, 0, 0));
        counters.add(new Reset(7_000, 3));
        assertThat(counters.stats()).isEqualTo(new ResetStats(1, 7, 7, 7, 3, 3));
        counters.add(new Reset(9_000_000, 9_999));
        for (int i = 1; i <= 100; i++) {
            counters.add(new Reset(i * 1_000L, i));
        }
        assertThat(counters.stats()).isEqualTo(new ResetStats(102, 50, 100, 9_000, 50, 9_999));
        for (int i = 0; i < ResetCounters.RECENT_MAX; i++) {
            counters.add(new Reset(2_000, 2));
        }
        assertThat(counters.stats()).isEqualTo(new ResetStats(358, 2, 2, 2, 2, 2));
    }
}
