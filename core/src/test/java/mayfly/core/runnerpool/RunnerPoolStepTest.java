package mayfly.core.runnerpool;

import static mayfly.core.runnerpool.PoolLife.actor;
import static mayfly.core.runnerpool.PoolLife.runner;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import mayfly.base.RunnerId;
import mayfly.core.runner.DrainCause;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainRunner;
import mayfly.core.runnerpool.RunnerPoolEffect.Failing;
import mayfly.core.runnerpool.RunnerPoolEffect.Grant;
import mayfly.core.runnerpool.RunnerPoolEffect.OpenConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.Recovered;
import mayfly.core.runnerpool.RunnerPoolEffect.Refuse;
import mayfly.core.runnerpool.RunnerPoolEffect.TickAt;
import mayfly.core.runnerpool.RunnerPoolEvent.Ask;
import mayfly.core.runnerpool.RunnerPoolEvent.Configured;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionEnded;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionFailed;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionFound;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionUp;
import mayfly.core.runnerpool.RunnerPoolEvent.Occupied;
import mayfly.core.runnerpool.RunnerPoolEvent.Offered;
import mayfly.core.runnerpool.RunnerPoolEvent.Release;
import mayfly.core.runnerpool.RunnerPoolEvent.Retired;
import mayfly.core.runnerpool.RunnerPoolEvent.Tick;
import mayfly.core.runnerpool.RunnerPoolEvent.Withheld;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What a runner pool does, told story by story; ticks asked for are looked at where they are the point. */
class RunnerPoolStepTest {
    private static final long LIFESPAN = 900_000;
    private static final long GRACE = 10_000;
    private static final PoolError REFUSED = new PoolError.HttpError(500, "no");

    private RunnerPool pool = new RunnerPool(RunnerPoolSpec.normal(GRACE, false), new Random(1));
    private long now = 1_000_000;
    private long tickAt = Long.MAX_VALUE;

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

    @Nested
    class Serverless {
        @Test
        void demandOpensConnectionsByTheFormula() {
            serverless(2, 0, 3, 0);
            on(ask(1), new OpenConnection(1));
            on(ask(2));
            on(ask(3), new OpenConnection(2));
            on(ask(4));
            on(ask(5), new OpenConnection(3));
            on(ask(6));
            on(ask(7));
            assertThat(pool.desired()).isEqualTo(3);
        }

        @Test
        void marginAndMinimumAreOpenedWithoutDemand() {
            serverless(1, 0, 10, 1);
            on(new Tick(now));
            on(ask(1), new OpenConnection(2));
            pool = new RunnerPool(spec(Kind.SERVERLESS, 1, 2, 10, 0), new Random(1));
            on(new Tick(now), new OpenConnection(1), new OpenConnection(2));
        }

        @Test
        void whatIsNotDesiredIsForgottenAndRememberedBeforeAnotherIsOpened() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            on(release(1));
            assertThat(pool.connections()).isZero();
            on(ask(2), grant(2, 1));
            assertThat(pool.connections()).isEqualTo(1);
        }

        @Test
        void aRunnerThatIsForgottenServesUntilItsLifespanIsOver() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            on(release(1));
            now = tickAt;
            on(new Tick(now), drain(1, 1, DrainCause.LIFESPAN));
        }

        @Test
        void theLifespanWithoutItsGraceDrainsAndReplaces() {
            serverless(1, 0, 10, 0);
            long opened = now;
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            assertThat(tickAt).isEqualTo(opened + LIFESPAN - GRACE);
            now = tickAt;
            on(new Tick(now), drain(1, 1, DrainCause.LIFESPAN), new OpenConnection(2));
            on(new Retired(runner(1), now));
            on(new ConnectionEnded(1, now));
        }

        @Test
        void aDrainedRunnerGetsNoActorThoughItsOfferIsOnItsWay() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            now = tickAt;
            on(new Tick(now), drain(1, 1, DrainCause.LIFESPAN), new OpenConnection(2));
            on(offered(1, 1, 5));
            on(ask(2), new OpenConnection(3));
        }

        @Test
        void errorsAreToldAndTriedAgainAfter2And4Seconds() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            on(new ConnectionFailed(1, REFUSED, now), new Failing(REFUSED));
            assertThat(tickAt - now).isBetween(2_000L, 2_499L);
            now = tickAt;
            on(new Tick(now), new OpenConnection(2));
            on(new ConnectionFailed(2, REFUSED, now));
            assertThat(tickAt - now).isBetween(2_000L, 4_499L);
            now += 4_500;
            on(new Tick(now), new OpenConnection(3));
            comesAfterTrouble(3, 3);
        }

        @Test
        void pausesGrowTo512SecondsAndNoFurther() {
            serverless(1, 0, 1, 0);
            on(ask(1), new OpenConnection(1));
            long pause = 0;
            for (int number = 1; number <= 12; number++) {
                pool.step(new ConnectionFailed(number, REFUSED, now));
                long failed = now;
                while (pool.step(new Tick(now)).stream().noneMatch(OpenConnection.class::isInstance)) {
                    now += 100;
                }
                pause = now - failed;
            }
            assertThat(pause).isBetween(512_000L, 512_700L);
        }

        @Test
        void whileItFailsOneIsTriedAtATimeAndTheOthersFollowIt() {
            serverless(1, 3, 10, 0);
            pool = new RunnerPool(spec(Kind.SERVERLESS, 1, 3, 10, 0), new Random(1));
            on(new Tick(now), new OpenConnection(1), new OpenConnection(2), new OpenConnection(3));
            on(new ConnectionFailed(1, REFUSED, now), new Failing(REFUSED));
            on(new ConnectionFailed(2, REFUSED, now));
            on(new ConnectionFailed(3, REFUSED, now));
            now += 2_500;
            on(new Tick(now), new OpenConnection(4));
            on(new ConnectionUp(4, runner(4), now), new OpenConnection(5), new OpenConnection(6));
            on(new ConnectionUp(5, runner(5), now));
            on(new ConnectionUp(6, runner(6), now), new Recovered());
        }

        @Test
        void aStreamThatEndsEarlyIsOpenedAgainAtOnceAndThenMoreAndMoreSlowly() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            on(new ConnectionEnded(1, now), streamEnded(1), new OpenConnection(2));
            on(new ConnectionUp(2, runner(2), now));
            on(new ConnectionEnded(2, now), new Failing(new PoolError.StreamEndedEarly()), streamEnded(2));
            assertThat(tickAt - now).isBetween(2_000L, 2_499L);
            now = tickAt;
            on(new Tick(now), new OpenConnection(3));
            on(new ConnectionUp(3, runner(3), now));
            on(new ConnectionEnded(3, now), streamEnded(3));
            now += 3_999;
            on(new Tick(now));
            now += 501;
            on(new Tick(now), new OpenConnection(4));
        }

        @Test
        void aStreamThatEndsAfterAWhileIsNoError() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            now += 10_000;
            on(new ConnectionEnded(1, now), streamEnded(1), new OpenConnection(2));
            assertThat(pool.error()).isEmpty();
        }

        @Test
        void aConnectionWhoseRunnerIsOverIsReplaced() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            now += 60_000;
            on(new Retired(runner(1), now), drain(1, 1, DrainCause.ASKED), new OpenConnection(2));
            on(new ConnectionEnded(1, now));
        }

        @Test
        void anotherEndpointDrainsAllAndOpensAnew() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            on(ask(2), new OpenConnection(2));
            on(
                    new Configured(pool.spec(), true, now),
                    drain(1, 1, DrainCause.RECONFIGURED),
                    new DrainConnection(2, Optional.empty(), DrainCause.RECONFIGURED, GRACE),
                    new OpenConnection(3),
                    new OpenConnection(4));
            on(new ConnectionUp(2, runner(2), now), new DrainRunner(runner(2), DrainCause.SURPLUS, 0));
        }

        @Test
        void aDeletedPoolDrainsAndOpensNothing() {
            serverless(1, 0, 10, 0);
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            on(new Configured(RunnerPoolSpec.normal(GRACE, false), true, now), drain(1, 1, DrainCause.RECONFIGURED));
            on(ask(2));
        }
    }

    @Nested
    class Hosted {
        @Test
        void aSurplusRunnerIsEndedWhenItHasHadNoActorsForAWhile() {
            pool = new RunnerPool(spec(Kind.HOSTED, 1, 0, 10, 0), new Random(1));
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            on(release(1));
            assertThat(tickAt).isEqualTo(now + 5_000);
            now += 4_999;
            on(new Tick(now));
            on(ask(2), grant(2, 1));
            on(release(2));
            now += 5_000;
            on(new Tick(now), drain(1, 1, DrainCause.SURPLUS));
            on(new ConnectionEnded(1, now));
            on(ask(3), new OpenConnection(2));
        }

        @Test
        void aRunnerWithActorsIsKeptThoughFewerAreDesired() {
            pool = new RunnerPool(spec(Kind.HOSTED, 2, 0, 10, 0), new Random(1));
            for (int i = 1; i <= 4; i++) {
                pool.step(ask(i));
            }
            pool.step(new Offered(runner(1), 1, 2, now));
            pool.step(new ConnectionUp(1, runner(1), now));
            pool.step(new Offered(runner(2), 1, 2, now));
            pool.step(new ConnectionUp(2, runner(2), now));
            on(release(1));
            on(release(3));
            now += 60_000;
            on(new Tick(now));
            assertThat(pool.desired()).isEqualTo(1);
            assertThat(pool.connections()).isEqualTo(2);
        }

        @Test
        void aProgramThatEndedTakesItsActorsWithItAtOnce() {
            pool = new RunnerPool(spec(Kind.HOSTED, 1, 0, 10, 0), new Random(1));
            on(ask(1), new OpenConnection(1));
            comes(1, 1);
            now += 60_000;
            on(
                    new ConnectionEnded(1, now),
                    new DrainRunner(runner(1), DrainCause.PROGRAM_ENDED, 0),
                    new OpenConnection(2));
        }

        @Test
        void aProgramThatOutlivedTheNodeIsFoundAgain() {
            pool = new RunnerPool(spec(Kind.HOSTED, 1, 0, 10, 0), new Random(1));
            on(new ConnectionFound(7, Optional.of(runner(1)), now - 5_000, now));
            on(new Occupied(actor(1), 3, runner(1), now));
            on(ask(2), new OpenConnection(8));
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

    private void serverless(int slots, int min, int max, int margin) {
        List<RunnerPoolEffect> effects =
                pool.step(new Configured(spec(Kind.SERVERLESS, slots, min, max, margin), false, now));
        effects.forEach(this::remember);
    }

    private static RunnerPoolSpec spec(Kind kind, int slots, int min, int max, int margin) {
        return new RunnerPoolSpec(kind, slots, min, max, margin, LIFESPAN, GRACE, 5_000, Integer.MAX_VALUE, false);
    }

    /** The connection's runner appears and takes the one actor that waits. */
    private void comes(long number, int runner) {
        on(new ConnectionUp(number, runner(runner), now));
        on(offered(runner, 1, 1), grant(1, runner));
    }

    private void comesAfterTrouble(long number, int runner) {
        on(new ConnectionUp(number, runner(runner), now), new Recovered());
        on(offered(runner, 1, 1), grant(1, runner));
    }

    private Ask ask(int actor) {
        return new Ask(actor(actor), 0, true, now);
    }

    private Release release(int actor) {
        return new Release(actor(actor), 0, now);
    }

    private Offered offered(int runner, int version, int slots) {
        return new Offered(runner(runner), version, slots, now);
    }

    private static Grant grant(int actor, int runner) {
        return new Grant(actor(actor), 0, runner(runner));
    }

    private static DrainConnection drain(long number, int runner, DrainCause cause) {
        return new DrainConnection(number, Optional.of(runner(runner)), cause, GRACE);
    }

    private static DrainRunner streamEnded(int runner) {
        return new DrainRunner(runner(runner), DrainCause.STREAM_ENDED, GRACE);
    }

    /** The event leads to exactly these effects, in this order, besides a tick. */
    private void on(RunnerPoolEvent event, RunnerPoolEffect... expected) {
        if (event instanceof Tick && now >= tickAt) {
            tickAt = Long.MAX_VALUE;
        }
        List<RunnerPoolEffect> effects = pool.step(event);
        effects.forEach(this::remember);
        assertThat(effects.stream().filter(effect -> !(effect instanceof TickAt)))
                .containsExactly(expected);
    }

    private void remember(RunnerPoolEffect effect) {
        if (effect instanceof TickAt(var at)) {
            tickAt = at;
        }
    }
}
