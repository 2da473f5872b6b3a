package mayfly.core.runnerpool;

import static mayfly.core.runnerpool.PoolLife.actor;
import static mayfly.core.runnerpool.PoolLife.runner;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import mayfly.core.runner.DrainCause;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainRunner;
import mayfly.core.runnerpool.RunnerPoolEffect.Failing;
import mayfly.core.runnerpool.RunnerPoolEffect.OpenConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.Recovered;
import mayfly.core.runnerpool.RunnerPoolEvent.Configured;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionEnded;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionFailed;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionFound;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionUp;
import mayfly.core.runnerpool.RunnerPoolEvent.Occupied;
import mayfly.core.runnerpool.RunnerPoolEvent.Offered;
import mayfly.core.runnerpool.RunnerPoolEvent.Retired;
import mayfly.core.runnerpool.RunnerPoolEvent.Tick;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** How many connections there are, and what becomes of them. */
class RunnerPoolScaleTest extends PoolScene {
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
}
