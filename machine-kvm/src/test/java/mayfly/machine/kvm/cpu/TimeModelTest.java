package mayfly.machine.kvm.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TimeModelTest {
    private static final long GIGAHERTZ_3 = 3_000_000;

    @Test
    void itNeverGoesBackAndStaysNearWhateverIsMeasured() {
        long seed = System.nanoTime();
        System.out.println("time model seed " + seed);
        Random random = new Random(seed);
        for (int run = 0; run < 200; run++) {
            double ticksPerNano = 3 * (1 + (random.nextDouble() - 0.5) / 1000); // KVM is wrong by up to 500 ppm
            TimeModel model = new TimeModel(GIGAHERTZ_3);
            long nanos = 1_000_000_000L + random.nextInt(1_000_000_000);
            long last = 0;
            long start = random.nextLong() >>> 8;
            for (int i = 0; i < 50; i++) {
                long ticks = start + (long) (nanos * ticksPerNano);
                model.measure(ticks, nanos + random.nextInt(6000) - 3000); // measured within 3 us
                long step = random.nextInt(3) == 0 ? random.nextLong(100_000_000_000L) : model.horizon();
                long readable = Math.min(model.limit(), (long) (step * ticksPerNano));
                for (int k = 0; k < 10; k++) {
                    long at = ticks + (long) (readable * (k / 10.0));
                    long told = model.at(at);
                    assertThat(told).isGreaterThanOrEqualTo(last);
                    assertThat(told - (at - start) / ticksPerNano)
                            .as("after %d measurements", i + 1)
                            .isBetween(-120_000.0, 120_000.0);
                    last = told;
                }
                nanos += step;
            }
        }
    }

    @Test
    void withoutARateItIsOfNoUseUntilItMeasuredOne() {
        TimeModel model = new TimeModel(0);
        model.measure(1000, 5_000_000_000L);
        assertThat(model.limit()).isZero();
        model.measure(1000 + 300_000_000L, 5_100_000_000L);
        assertThat(model.limit()).isPositive();
        assertThat(model.at(1000 + 330_000_000L)).isBetween(5_109_999_000L, 5_110_001_000L);
    }

    @Test
    void aCounterThatWentBackBeginsAnew() {
        TimeModel model = new TimeModel(GIGAHERTZ_3);
        model.measure(9_000_000_000L, 1_000_000_000L);
        model.measure(5000, 2_000_000_000L);
        assertThat(model.at(5000)).isEqualTo(2_000_000_000L);
        assertThat(model.horizon()).isEqualTo(TimeModel.HORIZON_LEAST);
    }
}
