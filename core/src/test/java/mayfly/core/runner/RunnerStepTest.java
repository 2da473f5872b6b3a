package mayfly.core.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import mayfly.base.RunnerId;
import mayfly.core.Step;
import mayfly.core.runner.Runner.Draining;
import mayfly.core.runner.Runner.Gone;
import mayfly.core.runner.Runner.Link.Away;
import mayfly.core.runner.Runner.Link.Up;
import mayfly.core.runner.Runner.Serving;
import mayfly.core.runner.RunnerEffect.CloseReason;
import mayfly.core.runner.RunnerEffect.CloseSocket;
import mayfly.core.runner.RunnerEffect.LoseActors;
import mayfly.core.runner.RunnerEffect.Offer;
import mayfly.core.runner.RunnerEffect.Persist;
import mayfly.core.runner.RunnerEffect.Retire;
import mayfly.core.runner.RunnerEffect.TellGoingAway;
import mayfly.core.runner.RunnerEffect.TickAt;
import mayfly.core.runner.RunnerEffect.Welcome;
import mayfly.core.runner.RunnerEffect.Withhold;
import mayfly.core.runner.RunnerEvent.Attached;
import mayfly.core.runner.RunnerEvent.Detached;
import mayfly.core.runner.RunnerEvent.DrainAsked;
import mayfly.core.runner.RunnerEvent.Emptied;
import mayfly.core.runner.RunnerEvent.Pong;
import mayfly.core.runner.RunnerEvent.Tick;
import mayfly.core.runner.RunnerEvent.Wanted;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Every row of the table of runner states, and what it leaves open. */
class RunnerStepTest {
    private static final Runners RUNNERS = new Runners(new RunnerTimes(10_000, 15_000, 1_600));
    private static final RunnerProfile PROFILE =
            new RunnerProfile(new RunnerId("run" + "0".repeat(26)), "default", "key", 1, 8);
    private static final Runner CONNECTED = new Serving(PROFILE, new Up(1, 0, true));
    private static final Runner QUIET = new Serving(PROFILE, new Up(1, 0, false));
    private static final Runner DISCONNECTED = new Serving(PROFILE, new Away(1, 1_600, 15_000, false));
    private static final Runner DRAINING = draining(new Up(1, 0, true));
    private static final Runner GONE = new Gone(PROFILE, RunnerEnd.DISCONNECTED);

    @Test
    void aNewRunnerIsWelcomedAndOffered() {
        assertThat(RUNNERS.begin(PROFILE, 1, 0))
                .isEqualTo(step(CONNECTED, new Persist(), new Welcome(1), new Offer(1, 8), new TickAt(10_000)));
    }

    @Nested
    class WhenConnected {
        @Test
        void connectOfTheSameKeyEvictsTheOldSocketAndKeepsTheId() {
            on(
                    CONNECTED,
                    new Attached(2, 1, 8, 700),
                    new Serving(PROFILE, new Up(2, 700, true)),
                    new CloseSocket(1, CloseReason.EVICTED),
                    new Welcome(2),
                    new TickAt(10_700));
        }

        @Test
        void connectWithAnotherVersionOrOtherSlotsIsWrittenDownAndOfferedAgain() {
            RunnerProfile newer = new RunnerProfile(PROFILE.id(), "default", "key", 2, 16);
            on(
                    CONNECTED,
                    new Attached(2, 2, 16, 700),
                    new Serving(newer, new Up(2, 700, true)),
                    new CloseSocket(1, CloseReason.EVICTED),
                    new Persist(),
                    new Welcome(2),
                    new Offer(2, 16),
                    new TickAt(10_700));
        }

        @Test
        void stoppingDrains() {
            on(
                    CONNECTED,
                    new DrainAsked(DrainCause.ASKED, 9_000, 0),
                    DRAINING,
                    new Retire(),
                    new Persist(),
                    new TellGoingAway(),
                    new TickAt(9_000));
        }

        @Test
        void aDrainWithoutGraceIsTheEnd() {
            on(
                    CONNECTED,
                    new DrainAsked(DrainCause.PROGRAM_ENDED, 0, 700),
                    new Gone(PROFILE, RunnerEnd.DRAIN_TIMEOUT),
                    new Retire(),
                    new Persist(),
                    new LoseActors(RunnerEnd.DRAIN_TIMEOUT),
                    new CloseSocket(1, CloseReason.EVICTED));
        }

        @Test
        void noPongFor10SecondsWithholdsIt() {
            on(CONNECTED, new Tick(9_999), CONNECTED, new TickAt(10_000));
            on(CONNECTED, new Tick(10_000), QUIET, new Withhold(), new TickAt(15_000));
        }

        @Test
        void noPongFor15SecondsLosesIt() {
            for (Runner runner : List.of(CONNECTED, QUIET)) {
                on(
                        runner,
                        new Tick(15_000),
                        new Gone(PROFILE, RunnerEnd.SILENT),
                        new Retire(),
                        new Persist(),
                        new LoseActors(RunnerEnd.SILENT),
                        new CloseSocket(1, CloseReason.SILENT));
            }
        }

        @Test
        void aPongIsRememberedAndNoTickIsAsked() {
            on(CONNECTED, new Pong(1, 3_000), new Serving(PROFILE, new Up(1, 3_000, true)));
            on(
                    new Serving(PROFILE, new Up(1, 3_000, true)),
                    new Tick(10_000),
                    new Serving(PROFILE, new Up(1, 3_000, true)),
                    new TickAt(13_000));
        }

        @Test
        void aPongAfterAGapMakesItEligibleAgain() {
            on(QUIET, new Pong(1, 12_000), new Serving(PROFILE, new Up(1, 12_000, true)), new Offer(1, 8));
        }

        @Test
        void aClosedSocketWithholdsItAndKeepsItsActors() {
            Runner away = new Serving(PROFILE, new Away(1, 2_300, 15_700, false));
            on(CONNECTED, new Detached(1, 700), away, new Withhold(), new TickAt(15_700));
            on(QUIET, new Detached(1, 700), away, new TickAt(15_700));
        }

        @Test
        void newsOfOtherSessionsAndOfItsActorsChangesNothing() {
            stays(CONNECTED, new Attached(1, 1, 8, 700));
            stays(CONNECTED, new Pong(0, 700));
            stays(CONNECTED, new Pong(2, 700));
            stays(CONNECTED, new Detached(0, 700));
            stays(CONNECTED, new Wanted(700));
            stays(CONNECTED, new Emptied(700));
        }
    }

    @Nested
    class WhenDisconnected {
        @Test
        void connectOfTheSameKeyTakesItBack() {
            on(
                    DISCONNECTED,
                    new Attached(2, 1, 8, 14_999),
                    new Serving(PROFILE, new Up(2, 14_999, true)),
                    new Welcome(2),
                    new Offer(1, 8),
                    new TickAt(24_999));
        }

        @Test
        void stoppingDrains() {
            on(
                    DISCONNECTED,
                    new DrainAsked(DrainCause.UPGRADE, 9_000, 0),
                    new Draining(PROFILE, new Away(1, 1_600, 15_000, false), DrainCause.UPGRADE, 9_000),
                    new Retire(),
                    new Persist(),
                    new TellGoingAway(),
                    new TickAt(9_000));
        }

        @Test
        void away15SecondsLosesIt() {
            on(DISCONNECTED, new Tick(14_999), DISCONNECTED, new TickAt(15_000));
            on(
                    DISCONNECTED,
                    new Tick(15_000),
                    new Gone(PROFILE, RunnerEnd.DISCONNECTED),
                    new Retire(),
                    new Persist(),
                    new LoseActors(RunnerEnd.DISCONNECTED));
        }

        @Test
        void whoWaitsForItsActorsIsNotKeptWaitingForLong() {
            Runner wanted = new Serving(PROFILE, new Away(1, 1_600, 15_000, true));
            on(DISCONNECTED, new Wanted(300), wanted, new TickAt(1_600));
            stays(wanted, new Wanted(400));
            Runner gone = new Gone(PROFILE, RunnerEnd.DISCONNECTED);
            RunnerEffect[] lost = {new Retire(), new Persist(), new LoseActors(RunnerEnd.DISCONNECTED)};
            on(wanted, new Tick(1_600), gone, lost);
            on(DISCONNECTED, new Wanted(2_000), gone, lost);
        }

        @Test
        void itIsNotOfferedByNewsOfItsOldSocket() {
            stays(DISCONNECTED, new Pong(1, 700));
            stays(DISCONNECTED, new Detached(1, 700));
            stays(DISCONNECTED, new Attached(1, 1, 8, 700));
            stays(DISCONNECTED, new Emptied(700));
        }
    }

    @Nested
    class WhenDraining {
        @Test
        void connectOfTheSameKeyIsWelcomedAndNotOffered() {
            on(
                    DRAINING,
                    new Attached(2, 1, 8, 700),
                    draining(new Up(2, 700, true)),
                    new CloseSocket(1, CloseReason.EVICTED),
                    new Welcome(2),
                    new TickAt(9_000));
            on(
                    draining(new Away(1, 1_600, 15_000, false)),
                    new Attached(2, 1, 8, 700),
                    draining(new Up(2, 700, true)),
                    new Welcome(2),
                    new TickAt(9_000));
        }

        @Test
        void stoppingAgainIsIdempotentAndTheEarlierDeadlineCounts() {
            stays(DRAINING, new DrainAsked(DrainCause.LIFESPAN, 9_000, 0));
            on(
                    DRAINING,
                    new DrainAsked(DrainCause.LIFESPAN, 1_000, 700),
                    new Draining(PROFILE, new Up(1, 0, true), DrainCause.LIFESPAN, 1_700),
                    new Persist(),
                    new TickAt(1_700));
            on(
                    DRAINING,
                    new DrainAsked(DrainCause.PROGRAM_ENDED, 0, 700),
                    new Gone(PROFILE, RunnerEnd.DRAIN_TIMEOUT),
                    new Persist(),
                    new LoseActors(RunnerEnd.DRAIN_TIMEOUT),
                    new CloseSocket(1, CloseReason.EVICTED));
        }

        @Test
        void atTheDeadlineItsActorsAreLostAndItIsEvicted() {
            on(DRAINING, new Tick(8_999), DRAINING, new TickAt(9_000));
            on(
                    DRAINING,
                    new Tick(9_000),
                    new Gone(PROFILE, RunnerEnd.DRAIN_TIMEOUT),
                    new Persist(),
                    new LoseActors(RunnerEnd.DRAIN_TIMEOUT),
                    new CloseSocket(1, CloseReason.EVICTED));
        }

        @Test
        void leftByItsLastActorItIsEvictedAtOnce() {
            on(
                    DRAINING,
                    new Emptied(700),
                    new Gone(PROFILE, RunnerEnd.DRAINED),
                    new Persist(),
                    new LoseActors(RunnerEnd.DRAINED),
                    new CloseSocket(1, CloseReason.EVICTED));
        }

        @Test
        void silenceAndAbsenceLoseItBeforeTheDeadline() {
            Runner patient = new Draining(PROFILE, new Up(1, 0, true), DrainCause.UPGRADE, 1_800_000);
            on(
                    patient,
                    new Tick(15_000),
                    new Gone(PROFILE, RunnerEnd.SILENT),
                    new Persist(),
                    new LoseActors(RunnerEnd.SILENT),
                    new CloseSocket(1, CloseReason.SILENT));
            Runner away = new Draining(PROFILE, new Away(1, 2_300, 15_700, false), DrainCause.UPGRADE, 1_800_000);
            on(patient, new Detached(1, 700), away, new TickAt(15_700));
            on(
                    away,
                    new Wanted(2_300),
                    new Gone(PROFILE, RunnerEnd.DISCONNECTED),
                    new Persist(),
                    new LoseActors(RunnerEnd.DISCONNECTED));
        }

        @Test
        void aPongNeverOffersItAgain() {
            on(DRAINING, new Pong(1, 700), draining(new Up(1, 700, true)));
            stays(DRAINING, new Pong(2, 700));
            stays(DRAINING, new Detached(0, 700));
            stays(DRAINING, new Attached(1, 1, 8, 700));
            stays(DRAINING, new Wanted(700));
        }
    }

    @Nested
    class WhenGone {
        @Test
        void nothingBringsItBack() {
            for (RunnerEvent event : List.of(
                    new Attached(9, 1, 8, 700),
                    new Pong(1, 700),
                    new Detached(1, 700),
                    new DrainAsked(DrainCause.ASKED, 9_000, 700),
                    new Wanted(700),
                    new Emptied(700),
                    new Tick(700))) {
                stays(GONE, event);
            }
        }
    }

    @Nested
    class AfterARestart {
        @Test
        void aRunnerIsWaitedForHoweverManyWantIt() {
            Runner resumed = new Serving(PROFILE, new Away(0, 15_000, 15_000, false));
            assertThat(RUNNERS.resume(PROFILE, 0)).isEqualTo(step(resumed, new TickAt(15_000)));
            on(resumed, new Wanted(5_000), new Serving(PROFILE, new Away(0, 15_000, 15_000, true)), new TickAt(15_000));
            on(
                    resumed,
                    new Attached(1, 1, 8, 7_000),
                    new Serving(PROFILE, new Up(1, 7_000, true)),
                    new Welcome(1),
                    new Offer(1, 8),
                    new TickAt(17_000));
        }

        @Test
        void aDrainGoesOn() {
            assertThat(RUNNERS.resumeDraining(PROFILE, DrainCause.ASKED, 9_000, 1_000))
                    .isEqualTo(step(draining(new Away(0, 16_000, 16_000, false)), new TickAt(9_000)));
        }
    }

    private static Draining draining(Runner.Link link) {
        return new Draining(PROFILE, link, DrainCause.ASKED, 9_000);
    }

    private static void on(Runner before, RunnerEvent event, Runner after, RunnerEffect... effects) {
        assertThat(RUNNERS.step(before, event)).isEqualTo(step(after, effects));
    }

    private static void stays(Runner before, RunnerEvent event) {
        assertThat(RUNNERS.step(before, event)).isEqualTo(Step.stay(before));
    }

    private static Step<Runner, RunnerEffect> step(Runner state, RunnerEffect... effects) {
        return new Step<>(state, List.of(effects));
    }
}
