package mayfly.core.actor;

import java.util.List;
import java.util.OptionalLong;
import mayfly.core.actor.Actor.Destroyed;
import mayfly.core.actor.Actor.Destroying;
import mayfly.core.actor.Actor.Pending;
import mayfly.core.actor.Actor.Reason;
import mayfly.core.actor.Actor.Running;
import mayfly.core.actor.Actor.Sleeping;
import mayfly.core.actor.Actor.Stopping;
import mayfly.core.actor.ActorEffect.Ask;
import mayfly.core.actor.ActorEffect.Purge;
import mayfly.core.actor.ActorEffect.Release;
import mayfly.core.actor.ActorEffect.SendStop;
import mayfly.core.actor.ActorEffect.TellDestroyed;
import mayfly.core.actor.ActorEffect.TellReady;
import mayfly.core.actor.ActorEffect.TellStopped;
import mayfly.core.actor.ActorEvent.DestroyAsked;
import mayfly.core.actor.ActorEvent.GoingAway;
import mayfly.core.actor.ActorEvent.Granted;
import mayfly.core.actor.ActorEvent.Loss;
import mayfly.core.actor.ActorEvent.Lost;
import mayfly.core.actor.ActorEvent.News;
import mayfly.core.actor.ActorEvent.Purged;
import mayfly.core.actor.ActorEvent.Refused;
import mayfly.core.actor.ActorEvent.RescheduleAsked;
import mayfly.core.actor.ActorEvent.Runs;
import mayfly.core.actor.ActorEvent.SetsAlarm;
import mayfly.core.actor.ActorEvent.SleepAsked;
import mayfly.core.actor.ActorEvent.Tick;
import mayfly.core.actor.ActorEvent.Told;
import mayfly.core.actor.ActorEvent.Wake;
import mayfly.core.actor.ActorEvent.WantsEnd;
import mayfly.core.actor.ActorEvent.WantsSleep;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every row of the table of actor states, and what it leaves open: actors on a runner. */
class PlacedActorStepTest extends ActorRows {
    @Nested
    class WhenStarting {
        private final Actor starting = starting(CrashPolicy.RESTART);

        @Test
        void runningMakesItReady() {
            on(
                    starting,
                    told(3, 0, new Runs()),
                    new Running(life(CrashPolicy.RESTART), place(0), 2_000),
                    new TellReady(place(0)));
        }

        @Test
        void after30SecondsWithoutNewsItIsLost() {
            stays(starting, new Tick(30_999));
            on(
                    starting,
                    new Tick(31_000),
                    new Pending(failed(CrashPolicy.RESTART, new Failure.NoResponse(R), 31_000, 4), 31_000, NONE),
                    new SendStop(R, 3),
                    new Release(3),
                    new TellStopped(3),
                    new Ask(4, true));
        }

        @Test
        void anErrorIsACrash() {
            on(
                    starting,
                    told(3, 0, CRASHED),
                    new Pending(failed(CrashPolicy.RESTART, BOOM, 2_000, 4), 2_000, NONE),
                    new Release(3),
                    new TellStopped(3),
                    new Ask(4, true));
        }

        @Test
        void whatItWantsCountsThoughItDoesNotRunYet() {
            on(starting, told(3, 1, new WantsSleep()), stopping(CrashPolicy.RESTART, Reason.SLEEP), new SendStop(R, 3));
            on(starting, told(3, 1, new WantsEnd()), stopping(CrashPolicy.RESTART, Reason.END), new SendStop(R, 3));
        }

        @Test
        void aWakeFindsItOnItsWay() {
            stays(starting, new Wake(7));
        }
    }

    @Nested
    class WhenRunning {
        private final Actor running = running(CrashPolicy.RESTART);

        @Test
        void theIntentToSleepStopsIt() {
            on(running, told(3, 1, new WantsSleep()), stopping(CrashPolicy.RESTART, Reason.SLEEP), new SendStop(R, 3));
        }

        @Test
        void theIntentToStopEndsIt() {
            on(running, told(3, 1, new WantsEnd()), stopping(CrashPolicy.RESTART, Reason.END), new SendStop(R, 3));
        }

        @ParameterizedTest
        @EnumSource
        void stoppedOkWithoutIntentDestroysIt(CrashPolicy policy) {
            on(
                    running(policy),
                    told(3, 1, ENDED),
                    new Destroyed(life(policy), 2_000, false),
                    new Release(3),
                    new TellStopped(3),
                    new TellDestroyed(),
                    new Purge());
        }

        @Test
        void stoppedErrorRestartsIt() {
            on(
                    running,
                    told(3, 1, CRASHED),
                    new Pending(failed(CrashPolicy.RESTART, BOOM, 2_000, 4), 2_000, NONE),
                    new Release(3),
                    new TellStopped(3),
                    new Ask(4, true));
        }

        @Test
        void stoppedErrorUnderTheSleepPolicySleepsWithTheError() {
            on(
                    running(CrashPolicy.SLEEP),
                    told(3, 1, CRASHED),
                    new Sleeping(failed(CrashPolicy.SLEEP, BOOM, 2_000, 3), 2_000),
                    new Release(3),
                    new TellStopped(3));
        }

        @Test
        void stoppedErrorUnderTheDestroyPolicyDestroysIt() {
            on(
                    running(CrashPolicy.DESTROY),
                    told(3, 1, CRASHED),
                    new Destroyed(failed(CrashPolicy.DESTROY, BOOM, 2_000, 3), 2_000, false),
                    new Release(3),
                    new TellStopped(3),
                    new TellDestroyed(),
                    new Purge());
        }

        @Test
        void aRunnerThatGoesAwayStopsItToStartElsewhere() {
            on(
                    running,
                    new GoingAway(R, 3, 2_000),
                    new Stopping(life(CrashPolicy.RESTART), place(0), Reason.MOVE, false, 2_000, 2_000 + STOP),
                    new SendStop(R, 3));
        }

        @Test
        void aLostRunnerIsACrashAndTheOldRunnerIsToldToStop() {
            on(
                    running,
                    new Lost(R, 3, Loss.CONNECTION, 2_000),
                    new Pending(failed(CrashPolicy.RESTART, new Failure.ConnectionLost(R), 2_000, 4), 2_000, NONE),
                    new SendStop(R, 3),
                    new Release(3),
                    new TellStopped(3),
                    new Ask(4, true));
            on(
                    running(CrashPolicy.SLEEP),
                    new Lost(R, 3, Loss.DRAINING, 2_000),
                    new Sleeping(failed(CrashPolicy.SLEEP, new Failure.DrainingTimeout(R), 2_000, 3), 2_000),
                    new SendStop(R, 3),
                    new Release(3),
                    new TellStopped(3));
        }

        @Test
        void anAlarmIsStoredAndTakenBackAndDoesNotFire() {
            Actor alarmed = new Running(life(CrashPolicy.RESTART).withAlarm(OptionalLong.of(5_000)), place(1), 1_000);
            on(running, told(3, 1, new SetsAlarm(OptionalLong.of(5_000))), alarmed);
            stays(alarmed, new Tick(6_000));
            on(alarmed, told(3, 2, new SetsAlarm(NONE)), new Running(life(CrashPolicy.RESTART), place(2), 1_000));
        }

        @Test
        void destroyStopsItAndEverybodyHearsOfItAtOnce() {
            on(
                    running,
                    new DestroyAsked(7),
                    new Destroying(life(CrashPolicy.RESTART), place(0), 7, 7 + STOP),
                    new SendStop(R, 3),
                    new TellDestroyed());
        }

        @Test
        void aUserMovesItOrPutsItToSleep() {
            on(
                    running,
                    new RescheduleAsked(7),
                    new Stopping(life(CrashPolicy.RESTART), place(0), Reason.MOVE, false, 7, 7 + STOP),
                    new SendStop(R, 3));
            on(
                    running,
                    new SleepAsked(7),
                    new Stopping(life(CrashPolicy.RESTART), place(0), Reason.SLEEP, false, 7, 7 + STOP),
                    new SendStop(R, 3));
        }

        @Test
        void newsThatIsOldOrOfSomebodyElseChangesNothing() {
            for (News news : List.of(new Runs(), ENDED, new WantsSleep(), new WantsEnd(), new SetsAlarm(NONE))) {
                stays(running, told(3, 0, news));
                stays(running, told(2, 9, news));
                stays(running, told(4, 9, news));
                stays(running, new Told(OTHER, 3, 9, news, 7));
            }
            stays(running, new Lost(OTHER, 3, Loss.CONNECTION, 7));
            stays(running, new Lost(R, 2, Loss.CONNECTION, 7));
            stays(running, new GoingAway(OTHER, 3, 7));
            stays(running, new Granted(3, OTHER, 7));
            stays(running, new Refused(3, 7));
            stays(running, new Wake(7));
            stays(running, new Purged(7));
        }
    }

    @Nested
    class WhenStopping {
        private final Actor sleepingSoon = stopping(CrashPolicy.RESTART, Reason.SLEEP);
        private final Actor woken =
                new Stopping(life(CrashPolicy.RESTART), place(1), Reason.SLEEP, true, 2_000, 2_000 + STOP);

        @Test
        void aSecondIntentToSleepIsIgnored() {
            on(
                    sleepingSoon,
                    told(3, 2, new WantsSleep()),
                    new Stopping(life(CrashPolicy.RESTART), place(2), Reason.SLEEP, false, 2_000, 2_000 + STOP));
        }

        @Test
        void aWakeIsDeferred() {
            on(sleepingSoon, new Wake(7), woken);
            on(woken, new Wake(8), woken);
        }

        @Test
        void stoppedWithAnyCodeIsACleanSleep() {
            for (News news : List.of(ENDED, CRASHED)) {
                on(
                        sleepingSoon,
                        told(3, 2, news),
                        new Sleeping(life(CrashPolicy.RESTART), 2_000),
                        new Release(3),
                        new TellStopped(3));
            }
        }

        @Test
        void stoppedAfterADeferredWakeStartsTheNextGeneration() {
            on(
                    woken,
                    told(3, 2, CRASHED),
                    new Pending(life(CrashPolicy.RESTART).nextGeneration(), 2_000, NONE),
                    new Release(3),
                    new TellStopped(3),
                    new Ask(4, true));
        }

        @Test
        void stoppedOkAfterTheIntentToStopDestroysIt() {
            on(
                    stopping(CrashPolicy.RESTART, Reason.END),
                    told(3, 2, ENDED),
                    new Destroyed(life(CrashPolicy.RESTART), 2_000, false),
                    new Release(3),
                    new TellStopped(3),
                    new TellDestroyed(),
                    new Purge());
        }

        @Test
        void stoppedErrorAfterTheIntentToStopIsACrash() {
            on(
                    stopping(CrashPolicy.RESTART, Reason.END),
                    told(3, 2, CRASHED),
                    new Pending(failed(CrashPolicy.RESTART, BOOM, 2_000, 4), 2_000, NONE),
                    new Release(3),
                    new TellStopped(3),
                    new Ask(4, true));
            on(
                    stopping(CrashPolicy.SLEEP, Reason.END),
                    told(3, 2, CRASHED),
                    new Sleeping(failed(CrashPolicy.SLEEP, BOOM, 2_000, 3), 2_000),
                    new Release(3),
                    new TellStopped(3));
        }

        @Test
        void movedAwayItIsNeverDestroyed() {
            for (News news : List.of(ENDED, CRASHED)) {
                on(
                        stopping(CrashPolicy.RESTART, Reason.MOVE),
                        told(3, 2, news),
                        new Pending(life(CrashPolicy.RESTART).nextGeneration(), 2_000, NONE),
                        new Release(3),
                        new TellStopped(3),
                        new Ask(4, true));
                on(
                        stopping(CrashPolicy.SLEEP, Reason.MOVE),
                        told(3, 2, news),
                        new Sleeping(life(CrashPolicy.SLEEP), 2_000),
                        new Release(3),
                        new TellStopped(3));
            }
        }

        @Test
        void anAlarmSetWhileItStopsCounts() {
            Actor alarmed = new Stopping(
                    life(CrashPolicy.RESTART).withAlarm(OptionalLong.of(1_500)),
                    place(2),
                    Reason.SLEEP,
                    false,
                    2_000,
                    2_000 + STOP);
            on(sleepingSoon, told(3, 2, new SetsAlarm(OptionalLong.of(1_500))), alarmed);
            Life next =
                    life(CrashPolicy.RESTART).withAlarm(OptionalLong.of(1_500)).nextGeneration();
            on(
                    alarmed,
                    told(3, 3, ENDED),
                    new Pending(next, 2_000, NONE),
                    new Release(3),
                    new TellStopped(3),
                    new Ask(4, true));
        }

        @Test
        void after30MinutesItCountsAsStopped() {
            stays(sleepingSoon, new Tick(2_000 + STOP - 1));
            on(
                    sleepingSoon,
                    new Tick(2_000 + STOP),
                    new Sleeping(hindered(CrashPolicy.RESTART, new Failure.NoResponse(R)), 2_000 + STOP),
                    new Release(3),
                    new TellStopped(3));
        }

        @Test
        void lostWhileFallingAsleepItSleeps() {
            on(
                    sleepingSoon,
                    new Lost(R, 3, Loss.CONNECTION, 9_000),
                    new Sleeping(hindered(CrashPolicy.RESTART, new Failure.ConnectionLost(R)), 9_000),
                    new Release(3),
                    new TellStopped(3));
        }

        @Test
        void destroyWaitsForTheStopThatIsUnderWay() {
            on(
                    sleepingSoon,
                    new DestroyAsked(7),
                    new Destroying(life(CrashPolicy.RESTART), place(1), 7, 7 + STOP),
                    new TellDestroyed());
        }

        @Test
        void goingAwayAndSleepChangeNothing() {
            stays(sleepingSoon, new GoingAway(R, 3, 7));
            stays(sleepingSoon, new SleepAsked(7));
        }
    }
}
