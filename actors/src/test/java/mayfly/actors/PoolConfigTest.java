package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import mayfly.core.runnerpool.RunnerPoolSpec;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a definition of a pool asks of its decider: every field has its effect, and every accepted one has a meaning. */
class PoolConfigTest {
    private static final int UNBOUNDED = Integer.MAX_VALUE;

    private record Counts(
            @Nullable Integer slots,
            @Nullable Integer min,
            @Nullable Integer max,
            @Nullable Integer margin) {}

    private static PoolConfig serverless(
            int lifespan,
            Counts counts,
            @Nullable Integer grace,
            @Nullable Integer concurrent,
            @Nullable Boolean upgrade) {
        return new PoolConfig(
                Optional.empty(),
                Optional.of(new PoolConfig.Serverless(
                        "http://127.0.0.1:1/x",
                        Optional.empty(),
                        lifespan,
                        Optional.ofNullable(counts.slots()),
                        Optional.ofNullable(counts.min()),
                        Optional.ofNullable(counts.max()),
                        Optional.ofNullable(counts.margin()),
                        Optional.ofNullable(grace),
                        Optional.empty(),
                        Optional.ofNullable(concurrent),
                        Optional.empty(),
                        Optional.empty())),
                Optional.empty(),
                Optional.empty(),
                Optional.ofNullable(upgrade));
    }

    private static PoolConfig hosted(
            Counts counts, @Nullable Integer grace, @Nullable Integer idle, @Nullable Boolean upgrade) {
        return new PoolConfig(
                Optional.empty(),
                Optional.empty(),
                Optional.of(new PoolConfig.Hosted(
                        List.of("program"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.ofNullable(counts.slots()),
                        Optional.ofNullable(counts.min()),
                        Optional.ofNullable(counts.max()),
                        Optional.ofNullable(counts.margin()),
                        Optional.ofNullable(grace),
                        Optional.ofNullable(idle))),
                Optional.empty(),
                Optional.ofNullable(upgrade));
    }

    @Test
    void everyFieldOfAServerlessPoolHasItsEffect() {
        assertThat(serverless(100, new Counts(2, 3, 5, 7), null, 11, false).spec(10_000))
                .isEqualTo(new RunnerPoolSpec(Kind.SERVERLESS, 2, 3, 5, 7, 100_000, 10_000, 0, 11, false));
    }

    @Test
    void everyFieldOfAHostedPoolHasItsEffect() {
        assertThat(hosted(new Counts(2, 3, 5, 7), 11, 13, false).spec(10_000))
                .isEqualTo(new RunnerPoolSpec(
                        Kind.HOSTED, 2, 3, 5, 7, RunnerPoolSpec.UNLIMITED_MILLIS, 11_000, 13_000, UNBOUNDED, false));
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        Counts none = new Counts(null, null, null, null);
        assertThat(serverless(100, none, null, null, null).spec(10_000))
                .isEqualTo(new RunnerPoolSpec(Kind.SERVERLESS, 1, 0, 1_000, 0, 100_000, 10_000, 0, UNBOUNDED, true));
        assertThat(hosted(none, null, null, null).spec(10_000))
                .isEqualTo(new RunnerPoolSpec(
                        Kind.HOSTED, 100, 0, 64, 0, RunnerPoolSpec.UNLIMITED_MILLIS, 10_000, 30_000, UNBOUNDED, true));
        assertThat(PoolConfig.NORMAL.spec(10_000)).isEqualTo(RunnerPoolSpec.normal(10_000, false));
    }

    /** As Rivet's engine: the node's own grace counts on this path, and at most half of a short life. */
    @Test
    void aShortLifeIsHalfForItsDrain() {
        Counts none = new Counts(null, null, null, null);
        assertThat(serverless(12, none, 3, null, null).spec(10_000).drainGraceMillis())
                .isEqualTo(6_000);
        assertThat(serverless(25, none, 3, null, null).spec(10_000).drainGraceMillis())
                .isEqualTo(10_000);
    }

    /** Else the node could not start again on what it has written. */
    @Test
    void whateverIsAcceptedHasAMeaning() {
        long seed = Long.getLong("mayfly.seed", new Random().nextLong());
        System.out.println("definitions of pools: -Dmayfly.seed=" + seed);
        Random random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++) {
            Counts counts = new Counts(number(random), number(random), number(random), number(random));
            Integer lifespan = number(random);
            PoolConfig config = random.nextBoolean()
                    ? hosted(counts, number(random), number(random), null)
                    : serverless(lifespan == null ? 900 : lifespan, counts, number(random), number(random), null);
            try {
                PoolConfigs.check("pool", config);
            } catch (ActorException e) {
                continue; // refused by name
            }
            accepted++;
            assertThatCode(() -> config.spec(10_000))
                    .as("seed %s: %s", seed, config)
                    .doesNotThrowAnyException();
        }
        assertThat(accepted).isGreaterThan(100);
    }

    private static @Nullable Integer number(Random random) {
        int[] likely = {-1, 0, 1, 2, 63, 64, 65, 999, 1_000, 1_001, 10_000, 10_001, 31_536_000, Integer.MAX_VALUE};
        return random.nextBoolean() ? null : (Integer) likely[random.nextInt(likely.length)];
    }
}
