package mayfly.core.runnerpool;

import static mayfly.core.runnerpool.PoolLife.actor;
import static mayfly.core.runnerpool.PoolLife.runner;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import mayfly.base.RunnerId;
import mayfly.core.runner.DrainCause;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainRunner;
import mayfly.core.runnerpool.RunnerPoolEffect.Grant;
import mayfly.core.runnerpool.RunnerPoolEffect.OpenConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.Refuse;
import mayfly.core.runnerpool.RunnerPoolEvent.Ask;
import mayfly.core.runnerpool.RunnerPoolEvent.Configured;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionUp;
import mayfly.core.runnerpool.RunnerPoolEvent.Occupied;
import mayfly.core.runnerpool.RunnerPoolEvent.Offered;
import mayfly.core.runnerpool.RunnerPoolEvent.Release;
import mayfly.core.runnerpool.RunnerPoolEvent.Withheld;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Who is placed where, and who waits. */
class RunnerPoolStepTest extends PoolScene {
    @Nested
    class Placing {
        @Test
        void aRunnerWithAFreeSlotGetsTheActor() {
            on(offered(1, 1, 1));
            on(ask(1), grant(1, 1));
        }

        @Test
        void whoComesFirstIsServedFirstWhenARunnerComes() {
            on(ask(1));
            on(ask(2));
            on(ask(3));
            on(offered(1, 1, 2), grant(1, 1), grant(2, 1));
            on(offered(2, 1, 2), grant(3, 2));
        }

        @Test
        void aFreedSlotServesTheQueueBeforeWhoComesLater() {
            on(offered(1, 1, 1));
            on(ask(1), grant(1, 1));
            on(ask(2));
            on(ask(3));
            on(release(1), grant(2, 1));
            on(release(2), grant(3, 1));
        }

        @Test
        void whoLeavesTheQueueIsNotServed() {
            on(ask(1));
            on(ask(2));
            on(release(1));
            on(offered(1, 1, 2), grant(2, 1));
        }

        @Test
        void onlyTheHighestVersionGetsActorsAlsoWhenItIsFull() {
            on(offered(1, 1, 5));
            on(offered(2, 2, 1));
            on(ask(1), grant(1, 2));
            on(ask(2));
            on(new Withheld(runner(2), now), grant(2, 1));
        }

        @Test
        void aHigherVersionDrainsTheOlderOnesIfThePoolSaysSo() {
            pool = new RunnerPool(RunnerPoolSpec.normal(GRACE, true), new Random(1));
            on(offered(1, 1, 5));
            on(offered(2, 2, 5), new DrainRunner(runner(1), DrainCause.UPGRADE, GRACE));
            on(offered(3, 2, 5));
            on(offered(4, 1, 5));
        }

        @Test
        void aWithheldRunnerGetsNoActorAndKeepsThoseItHas() {
            on(offered(1, 1, 2));
            on(ask(1), grant(1, 1));
            on(new Withheld(runner(1), now));
            on(ask(2));
            assertThat(pool.used(runner(1))).isEqualTo(1);
            on(offered(1, 1, 2), grant(2, 1));
        }

        @Test
        void whoMayNotWaitIsRefusedWhereNobodyStartsRunners() {
            on(new Ask(actor(1), 0, false, now), new Refuse(actor(1), 0));
            assertThat(pool.demand()).isZero();
            serverless(1, 0, 10, 0);
            on(new Ask(actor(1), 1, false, now), new OpenConnection(1));
        }

        @Test
        void aSecondAskOrReleaseOfAGenerationChangesNothing() {
            on(offered(1, 1, 2));
            on(ask(1), grant(1, 1));
            on(ask(1));
            on(release(1));
            on(release(1));
            assertThat(pool.used(runner(1))).isZero();
        }

        @Test
        void afterARestartSlotsAreTakenAlready() {
            on(new Occupied(actor(1), 4, runner(1), now));
            on(new Occupied(actor(1), 4, runner(1), now));
            on(offered(1, 1, 2));
            on(ask(2), grant(2, 1));
            on(ask(3));
            on(new Release(actor(1), 4, now), grant(3, 1));
        }

        @Test
        void aRunnerWithMoreActorsThanSlotsGetsNone() {
            on(new Occupied(actor(1), 4, runner(1), now));
            on(new Occupied(actor(2), 4, runner(1), now));
            on(offered(1, 1, 1));
            on(ask(3));
            on(new Release(actor(1), 4, now));
            on(new Release(actor(2), 4, now), grant(3, 1));
        }

        @Test
        void fewRunAtOnceIfThePoolSaysSo() {
            on(new Configured(new RunnerPoolSpec(Kind.NORMAL, 1, 0, 0, 0, LIFESPAN, GRACE, 0, 2, false), false, now));
            on(offered(1, 1, 9));
            on(ask(1), grant(1, 1));
            on(ask(2), grant(2, 1));
            on(ask(3));
            on(release(1), grant(3, 1));
        }

        @Test
        void actorsAreSpreadByFreeSlots() {
            on(offered(1, 1, 90_000));
            on(offered(2, 1, 10_000));
            Map<RunnerId, Integer> count = new HashMap<>();
            for (int i = 1; i <= 1_000; i++) {
                for (RunnerPoolEffect effect : pool.step(ask(i))) {
                    if (effect instanceof Grant grant) {
                        count.merge(grant.runner(), 1, Integer::sum);
                    }
                }
            }
            assertThat(count.get(runner(1))).isBetween(850, 950);
        }
    }

    /** Linear work per event would take minutes. */
    @Test
    void aHundredThousandActorsAndAThousandRunnersAreNoBurden() {
        pool = new RunnerPool(spec(Kind.SERVERLESS, 100, 0, 1_000, 0), new Random(1));
        for (int i = 1; i <= 100_000; i++) {
            pool.step(ask(i));
        }
        assertThat(pool.connections()).isEqualTo(1_000);
        for (int i = 1; i <= 1_000; i++) {
            pool.step(new Offered(runner(i), 1, 90, now));
            pool.step(new ConnectionUp(i, runner(i), now));
        }
        assertThat(pool.waiting()).isEqualTo(10_000);
        for (int i = 1; i <= 100_000; i++) {
            pool.step(release(i));
        }
        assertThat(pool.demand()).isZero();
        assertThat(pool.connections()).isZero();
        assertThat(pool.hold()).isTrue();
    }
}
