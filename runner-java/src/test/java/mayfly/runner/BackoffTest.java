package mayfly.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Attempts to connect come less and less often, but they come. */
class BackoffTest {
    private final Random random = new Random(1);

    @Test
    void itDoublesAndEnds() {
        assertThat(Backoff.before(0, random)).isBetween(Duration.ofMillis(250), Duration.ofMillis(313));
        assertThat(Backoff.before(1, random)).isBetween(Duration.ofMillis(500), Duration.ofMillis(625));
        assertThat(Backoff.before(6, random)).isBetween(Duration.ofSeconds(16), Duration.ofSeconds(20));
        for (int failures : new int[] {7, 63, 64, Integer.MAX_VALUE}) {
            assertThat(Backoff.before(failures, random)).isBetween(Duration.ofSeconds(30), Duration.ofMillis(37_500));
        }
    }

    @Test
    void notAllComeAtOnce() {
        assertThat(random.ints(20).mapToObj(_ -> Backoff.before(4, random)).distinct())
                .hasSizeGreaterThan(10);
    }
}
