package mayfly.core.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.core.Step;
import mayfly.core.actor.Actor.BackingOff;
import mayfly.core.actor.Actor.Destroyed;
import mayfly.core.actor.Actor.Destroying;
import mayfly.core.actor.Actor.Pending;
import mayfly.core.actor.Actor.Reason;
import mayfly.core.actor.Actor.Sleeping;
import mayfly.core.actor.Actor.Starting;
import mayfly.core.actor.ActorEffect.Ask;
import mayfly.core.actor.ActorEffect.Occupy;
import mayfly.core.actor.ActorEffect.Purge;
import mayfly.core.actor.ActorEffect.Release;
import mayfly.core.actor.ActorEffect.SendStart;
import mayfly.core.actor.ActorEffect.TellDestroyed;
import mayfly.core.actor.ActorEffect.TellStopped;
import mayfly.core.actor.ActorEvent.DestroyAsked;
import mayfly.core.actor.ActorEvent.GoingAway;
import mayfly.core.actor.ActorEvent.Granted;
import mayfly.core.actor.ActorEvent.Loss;
import mayfly.core.actor.ActorEvent.Lost;
import mayfly.core.actor.ActorEvent.Purged;
import mayfly.core.actor.ActorEvent.Refused;
import mayfly.core.actor.ActorEvent.RescheduleAsked;
import mayfly.core.actor.ActorEvent.Runs;
import mayfly.core.actor.ActorEvent.SleepAsked;
import mayfly.core.actor.ActorEvent.Tick;
import mayfly.core.actor.ActorEvent.Told;
import mayfly.core.actor.ActorEvent.Wake;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Every row of the table of actor states, and what it leaves open: actors without a runner. */
class ActorStepTest extends ActorRows {
    @Nested
    class WhenCreated {
        @Test
        void itAsksForASlotAtOnce() {
            Life fresh = new Life(CrashPolicy.RESTART, 0, NONE, NONE, Retry.NONE, Optional.empty());
            assertThat(ACTORS.begin(CrashPolicy.RESTART, 5))
                    .isEqualTo(step(new Pending(fresh, 5, NONE), new Ask(0, true)));
        }

        @Test
        void underTheSleepPolicyItSleepsWhenNobodyHasRoom() {
            Step<Actor, ActorEffect> begun = ACTORS.begin(CrashPolicy.SLEEP, 5);
            assertThat(begun.effects()).containsExactly(new Ask(0, false));
            Life hindered =
                    new Life(CrashPolicy.SLEEP, 0, NONE, NONE, Retry.NONE, Optional.of(new Failure.NoCapacity()));
            on(begun.state(), new Refused(0, 9), new Sleeping(hindered, 9), new Release(0), new TellStopped(0));
        }
    }

    @Nested
    class WhenPending {
        private final Actor pending = new Pending(life(CrashPolicy.RESTART), 0, OptionalLong.of(60_000));

        @Test
        void allocateSendsTheStart() {
            on(
                    pending,
                    new Granted(3, R, 1_000),
                    new Starting(life(CrashPolicy.RESTART), place(-1), 31_000),
                    new SendStart(R, 3));
        }

        @Test
        void after60SecondsItLeavesTheQueueAndSleeps() {
            stays(pending, new Tick(59_999));
            on(
                    pending,
                    new Tick(60_000),
                    new Sleeping(hindered(CrashPolicy.RESTART, new Failure.NoCapacity()), 60_000),
                    new Release(3),
                    new TellStopped(3));
            stays(new Pending(life(CrashPolicy.RESTART), 0, NONE), new Tick(600_000));
        }

        @Test
        void destroyLeavesTheQueue() {
            on(
                    pending,
                    new DestroyAsked(7),
                    new Destroyed(life(CrashPolicy.RESTART), 7, false),
                    new Release(3),
                    new TellDestroyed(),
                    new Purge());
        }

        @Test
        void sleepLeavesTheQueueAndWhoWaitsHearsOfIt() {
            on(
                    pending,
                    new SleepAsked(7),
                    new Sleeping(life(CrashPolicy.RESTART), 7),
                    new Release(3),
                    new TellStopped(3));
        }

        @Test
        void wakesAndNewsOfOtherGenerationsChangeNothing() {
            stays(pending, new Wake(7));
            stays(pending, new RescheduleAsked(7));
            stays(pending, new Granted(2, R, 7));
            stays(pending, new Refused(2, 7));
            stays(pending, told(2, 0, ENDED));
            stays(pending, new Lost(R, 2, Loss.CONNECTION, 7));
        }
    }

    @Nested
    class WhenSleeping {
        private final Actor asleep = new Sleeping(life(CrashPolicy.RESTART), 2_000);

        @Test
        void aWakeAllocatesTheNextGeneration() {
            on(
                    asleep,
                    new Wake(9_000),
                    new Pending(life(CrashPolicy.RESTART).nextGeneration(), 9_000, OptionalLong.of(69_000)),
                    new Ask(4, true));
        }

        @Test
        void anAlarmWakesItWhenDueAndIsClearedWhenItRuns() {
            Life alarmed = life(CrashPolicy.RESTART).withAlarm(OptionalLong.of(9_000));
            Actor sleeper = new Sleeping(alarmed, 2_000);
            stays(sleeper, new Tick(8_999));
            on(sleeper, new Tick(9_000), new Pending(alarmed.nextGeneration(), 9_000, NONE), new Ask(4, true));
            Actor starting = new Starting(alarmed, place(-1), 40_000);
            Step<Actor, ActorEffect> up = ACTORS.step(starting, new Told(R, 3, 0, new Runs(), 9_500));
            assertThat(up.state().life().alarmMillis()).isEmpty();
        }

        @Test
        void anAlarmThatIsNotDueSurvivesGenerations() {
            Life alarmed = life(CrashPolicy.RESTART).withAlarm(OptionalLong.of(90_000));
            Step<Actor, ActorEffect> step = ACTORS.step(new Sleeping(alarmed, 2_000), new Wake(9_000));
            step = ACTORS.step(step.state(), new Granted(4, R, 9_001));
            step = ACTORS.step(step.state(), new Told(R, 4, 0, new Runs(), 9_002));
            assertThat(step.state().life().alarmMillis()).hasValue(90_000);
        }

        @Test
        void afterFailuresItBacksOff2And4SecondsAndForgetsAfter10Minutes() {
            Life once = life(CrashPolicy.SLEEP).failed(BOOM, 2_000);
            on(
                    new Sleeping(once, 2_000),
                    new Wake(2_001),
                    new Pending(once.nextGeneration(), 2_001, OptionalLong.of(62_001)),
                    new Ask(4, true));
            Life twice = once.failed(BOOM, 3_000);
            on(new Sleeping(twice, 3_000), new Wake(3_001), new BackingOff(twice, 3_001, 5_000));
            Life thrice = twice.failed(BOOM, 6_000);
            on(new Sleeping(thrice, 6_000), new Wake(6_001), new BackingOff(thrice, 6_001, 10_000));
            assertThat(thrice.failed(BOOM, 606_000).retry().failures()).isEqualTo(1);
        }

        @Test
        void destroyIsImmediate() {
            on(
                    asleep,
                    new DestroyAsked(7),
                    new Destroyed(life(CrashPolicy.RESTART), 7, false),
                    new TellDestroyed(),
                    new Purge());
        }

        @Test
        void newsOfItsLastStayChangesNothing() {
            stays(asleep, told(3, 9, ENDED));
            stays(asleep, new Lost(R, 3, Loss.CONNECTION, 7));
            stays(asleep, new GoingAway(R, 3, 7));
            stays(asleep, new Granted(3, R, 7));
            stays(asleep, new SleepAsked(7));
        }
    }

    @Nested
    class WhenBackingOff {
        private final Actor backingOff = new BackingOff(life(CrashPolicy.RESTART), 2_000, 5_000);

        @Test
        void itAsksWhenTheTimeHasCome() {
            stays(backingOff, new Tick(4_999));
            on(
                    backingOff,
                    new Tick(5_000),
                    new Pending(life(CrashPolicy.RESTART).nextGeneration(), 5_000, NONE),
                    new Ask(4, true));
        }

        @Test
        void callersWaitAndUsersNeedNot() {
            stays(backingOff, new Wake(2_500));
            on(
                    backingOff,
                    new RescheduleAsked(2_500),
                    new Pending(life(CrashPolicy.RESTART).nextGeneration(), 2_500, NONE),
                    new Ask(4, true));
        }

        @Test
        void putToSleepItTellsWhoWaitsTheEndOfAGenerationOfWhichTheyHaveNotHeard() {
            on(
                    backingOff,
                    new SleepAsked(2_500),
                    new Sleeping(life(CrashPolicy.RESTART).nextGeneration(), 2_500),
                    new TellStopped(4));
        }

        @Test
        void destroyIsImmediate() {
            on(
                    backingOff,
                    new DestroyAsked(7),
                    new Destroyed(life(CrashPolicy.RESTART), 7, false),
                    new TellDestroyed(),
                    new Purge());
        }
    }

    @Nested
    class WhenDestroyed {
        private final Actor destroying = new Destroying(life(CrashPolicy.RESTART), place(1), 7, 7 + STOP);
        private final Actor destroyed = new Destroyed(life(CrashPolicy.RESTART), 7, true);

        @Test
        void itsSlotIsFreedWhenItsRunnerLetsGoOrIsLostOrIsSilent() {
            for (ActorEvent event : List.of(
                    told(3, 2, ENDED),
                    told(3, 2, CRASHED),
                    new Lost(R, 3, Loss.CONNECTION, 2_000),
                    new Tick(7 + STOP))) {
                on(
                        destroying,
                        event,
                        new Destroyed(life(CrashPolicy.RESTART), 7, false),
                        new Release(3),
                        new TellStopped(3),
                        new Purge());
            }
        }

        @Test
        void nothingBringsItBack() {
            for (ActorEvent event : List.of(
                    new Wake(9),
                    new RescheduleAsked(9),
                    new DestroyAsked(9),
                    new SleepAsked(9),
                    new GoingAway(R, 3, 9))) {
                stays(destroying, event);
                stays(destroyed, event);
            }
            stays(destroyed, told(3, 9, new Runs()));
            stays(destroyed, new Tick(9));
        }

        @Test
        void whatItKeptIsPurgedOnce() {
            Actor unpurged = new Destroyed(life(CrashPolicy.RESTART), 7, false);
            assertThat(ACTORS.resume(unpurged)).containsExactly(new Purge());
            on(unpurged, new Purged(9), destroyed);
            assertThat(ACTORS.resume(destroyed)).isEmpty();
        }
    }

    @Test
    void afterARestartItHasWhatItHadOrAsksAgain() {
        assertThat(ACTORS.resume(new Sleeping(life(CrashPolicy.RESTART), 0))).isEmpty();
        assertThat(ACTORS.resume(new BackingOff(life(CrashPolicy.RESTART), 0, 9)))
                .isEmpty();
        assertThat(ACTORS.resume(new Pending(life(CrashPolicy.RESTART), 0, NONE)))
                .containsExactly(new Ask(3, true));
        for (Actor placed : List.of(
                starting(CrashPolicy.RESTART),
                running(CrashPolicy.RESTART),
                stopping(CrashPolicy.RESTART, Reason.SLEEP),
                new Destroying(life(CrashPolicy.RESTART), place(1), 7, 8))) {
            assertThat(ACTORS.resume(placed)).containsExactly(new Occupy(3, R));
        }
    }

    @Test
    void afterARestartARunnerGetsTimeToTellWhatItCouldNot() {
        Actor starting = starting(CrashPolicy.RESTART); // until 31 s
        assertThat(ACTORS.resumed(starting, 500)).isEqualTo(starting);
        Actor patient = ACTORS.resumed(starting, 90_000);
        assertThat(patient.dueMillis()).hasValue(120_000);
        stays(patient, new Tick(119_999));
        for (Actor stopping : List.of(
                stopping(CrashPolicy.RESTART, Reason.SLEEP),
                new Destroying(life(CrashPolicy.RESTART), place(1), 7, 7 + STOP))) {
            assertThat(ACTORS.resumed(stopping, 500)).isEqualTo(stopping);
            assertThat(ACTORS.resumed(stopping, 9_000_000).dueMillis()).hasValue(9_030_000);
        }
        Actor pending = new Pending(life(CrashPolicy.RESTART), 0, OptionalLong.of(60_000));
        assertThat(ACTORS.resumed(pending, 90_000)).isEqualTo(pending);
    }
}
