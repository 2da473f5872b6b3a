package mayfly.core.invocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import mayfly.base.ErrorCode;
import mayfly.base.InvocationId;
import mayfly.base.Limits;
import mayfly.core.Property;
import mayfly.core.Step;
import mayfly.core.invocation.Call.Mode;
import mayfly.core.invocation.Invocation.Ended;
import mayfly.core.invocation.Invocation.Queued;
import mayfly.core.invocation.Invocation.Resting;
import mayfly.core.invocation.Invocation.Running;
import mayfly.core.invocation.InvocationEffect.Answer;
import mayfly.core.invocation.InvocationEffect.Durability;
import mayfly.core.invocation.InvocationEffect.Persist;
import mayfly.core.invocation.InvocationEffect.Reply;
import mayfly.core.invocation.InvocationEffect.RetryAt;
import mayfly.core.invocation.InvocationEffect.Run;
import mayfly.core.invocation.InvocationEffect.Stop;
import mayfly.core.invocation.InvocationEvent.Hindrance;
import mayfly.core.pool.PoolEffect.Start;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InvocationStepTest {
    private static final InvocationId ID = new InvocationId("inv_" + "0".repeat(26));
    private static final Call SYNC = new Call(ID, Mode.SYNC, false, false, 100);
    private static final Call DURABLE = new Call(ID, Mode.SYNC, true, false, 100);
    private static final Call ASYNC = new Call(ID, Mode.ASYNC, false, false, 100);
    private static final Call STUBBORN = new Call(ID, Mode.ASYNC, false, true, 100);
    private static final long NOW = 700;
    private static final InvocationEffect RELAXED = new Persist(Durability.RELAXED);
    private static final InvocationEffect HELD = new Persist(Durability.HELD);
    private static final Verdict RETURNED = new Verdict.Returned();
    private static final Verdict RAISED = new Verdict.Raised();
    private static final Verdict CRASHED = new Verdict.Failed(ErrorCode.FUNCTION_CRASHED, "signal 9");
    private static final Verdict UNRECORDED = new Verdict.Failed(ErrorCode.STORE_FAILED, "disk full");

    static Stream<Arguments> table() {
        return Stream.concat(runs(), tries());
    }

    private static Stream<Arguments> runs() {
        return Stream.of(
                arguments(
                        queued(SYNC, 1, 0),
                        new InvocationEvent.Started(1, "mac", Start.FORKED, NOW),
                        step(running(SYNC, 1, 1), RELAXED)),
                arguments(
                        running(SYNC, 1, 1),
                        new InvocationEvent.Returned(1, NOW),
                        step(ended(SYNC, 1, RETURNED, false), done(RETURNED), RELAXED)),
                arguments(
                        running(DURABLE, 1, 1),
                        new InvocationEvent.Returned(1, NOW),
                        step(ended(DURABLE, 1, RETURNED, true), HELD, done(RETURNED))),
                arguments(
                        ended(DURABLE, 1, RETURNED, true),
                        new InvocationEvent.RecordFailed("disk full", NOW),
                        step(ended(DURABLE, 1, RETURNED, false), done(UNRECORDED))),
                arguments(
                        running(ASYNC, 1, 1),
                        new InvocationEvent.Returned(1, NOW),
                        step(ended(ASYNC, 1, RETURNED, false), RELAXED)),
                arguments(
                        running(SYNC, 1, 1),
                        new InvocationEvent.Raised(1, NOW),
                        step(ended(SYNC, 1, RAISED, false), done(RAISED), RELAXED)),
                arguments(
                        running(ASYNC, 1, 1),
                        new InvocationEvent.TimedOut(1, NOW),
                        step(ended(ASYNC, 1, new Verdict.TimedOut(), false), RELAXED)),
                arguments(
                        queued(ASYNC, 1, 0),
                        new InvocationEvent.RecordFailed("disk full", NOW),
                        step(ended(ASYNC, 0, UNRECORDED, false), done(UNRECORDED))),
                arguments(
                        running(SYNC, 1, 1),
                        new InvocationEvent.CancelRequested(NOW),
                        step(
                                ended(SYNC, 1, new Verdict.Cancelled(), false),
                                new Stop(1),
                                done(new Verdict.Cancelled()),
                                RELAXED)),
                arguments(
                        resting(ASYNC, 1, 1, 0, 1_000),
                        new InvocationEvent.CancelRequested(NOW),
                        step(ended(ASYNC, 1, new Verdict.Cancelled(), false), RELAXED)));
    }

    private static Stream<Arguments> tries() {
        long rest = Invocations.backOffMillis(ASYNC, 1);
        long tooOld = 100 + Limits.ASYNC_AGE_MAX.toMillis();
        return Stream.of(
                arguments(
                        running(SYNC, 1, 1),
                        new InvocationEvent.Crashed(1, "signal 9", NOW),
                        step(ended(SYNC, 1, CRASHED, false), done(CRASHED), RELAXED)),
                arguments(
                        running(SYNC, 1, 1),
                        new InvocationEvent.NotStarted(1, "gone", NOW),
                        step(queued(SYNC, 2, 1), new Run(2))),
                arguments(
                        running(ASYNC, 1, 1),
                        new InvocationEvent.Crashed(1, "signal 9", NOW),
                        step(resting(ASYNC, 1, 1, 0, NOW + rest), RELAXED, new RetryAt(1, NOW + rest))),
                arguments(
                        resting(ASYNC, 1, 1, 0, NOW + rest),
                        new InvocationEvent.RetryDue(1, NOW + rest),
                        step(queued(ASYNC, 2, 1), new Run(2))),
                arguments(
                        running(ASYNC, 3, Limits.ASYNC_ATTEMPTS_MAX),
                        new InvocationEvent.Crashed(3, "signal 9", NOW),
                        step(ended(ASYNC, Limits.ASYNC_ATTEMPTS_MAX, CRASHED, false), RELAXED)),
                arguments(
                        running(ASYNC, 1, 1),
                        new InvocationEvent.Raised(1, NOW),
                        step(ended(ASYNC, 1, RAISED, false), RELAXED)),
                arguments(
                        running(STUBBORN, 1, 1),
                        new InvocationEvent.Raised(1, NOW),
                        step(resting(STUBBORN, 1, 1, 0, NOW + rest), RELAXED, new RetryAt(1, NOW + rest))),
                arguments(
                        queued(ASYNC, 1, 0),
                        new InvocationEvent.Refused(1, Hindrance.THROTTLED, "full", NOW),
                        step(resting(ASYNC, 1, 0, 1, NOW + rest), RELAXED, new RetryAt(1, NOW + rest))),
                arguments(
                        queued(ASYNC, 1, 0),
                        new InvocationEvent.Refused(1, Hindrance.THROTTLED, "full", tooOld),
                        step(
                                new Ended(
                                        ASYNC,
                                        0,
                                        new Verdict.Failed(ErrorCode.FUNCTION_THROTTLED, "full"),
                                        tooOld,
                                        false),
                                RELAXED)),
                arguments(
                        queued(SYNC, 1, 0),
                        new InvocationEvent.Refused(1, Hindrance.NO_CAPACITY, "ENOMEM", NOW),
                        step(
                                ended(SYNC, 0, new Verdict.Failed(ErrorCode.MACHINE_NO_CAPACITY, "ENOMEM"), false),
                                done(new Verdict.Failed(ErrorCode.MACHINE_NO_CAPACITY, "ENOMEM")),
                                RELAXED)),
                arguments(
                        queued(ASYNC, 1, 0),
                        new InvocationEvent.Refused(1, Hindrance.INIT_FAILED, "SyntaxError", NOW),
                        step(resting(ASYNC, 1, 1, 0, NOW + rest), RELAXED, new RetryAt(1, NOW + rest))));
    }

    @ParameterizedTest
    @MethodSource("table")
    void steps(Invocation state, InvocationEvent event, Step<Invocation, InvocationEffect> expected) {
        assertThat(Invocations.step(state, event)).isEqualTo(expected);
    }

    @Test
    void aSynchronousCallRunsAtOnceAndAnAsynchronousOneIsDurableBeforeItIsAccepted() {
        assertThat(Invocations.begin(SYNC)).isEqualTo(step(queued(SYNC, 1, 0), RELAXED, new Run(1)));
        assertThat(Invocations.begin(ASYNC))
                .isEqualTo(step(queued(ASYNC, 1, 0), HELD, new Answer(new Reply.Accepted()), new Run(1)));
    }

    @Test
    void afterARestartAnAsynchronousCallRunsAgainThoughItsAttemptsAreUsedUp() {
        assertThat(Invocations.recover(ASYNC, 5, NOW)).isEqualTo(step(queued(ASYNC, 1, 5), new Run(1)));
        assertThat(Invocations.recover(SYNC, 1, NOW).state().status()).isEqualTo(Invocation.Status.ERROR);
    }

    @Test
    void everyCallIsAnsweredOnceAndStaleNewsChangesNothing() {
        Property.holds(2_000, draw -> {
            Call call = new Call(ID, draw.oneOf(Mode.values()), draw.chance(30), draw.chance(30), 100);
            Caller caller = new Caller(draw);
            Invocation state = caller.run(Invocations.begin(call));
            for (int i = 0; i < 40; i++) {
                InvocationEvent event = anyEvent(draw);
                draw.tell(event);
                Step<Invocation, InvocationEffect> step = Invocations.step(state, event);
                if (state instanceof Ended || isAboutAnotherRun(state, event)) {
                    assertThat(step).isEqualTo(Step.stay(state));
                }
                state = caller.run(step);
            }
            boolean mustBeAnswered = call.mode() == Mode.ASYNC || state instanceof Ended;
            assertThat(caller.answers).isEqualTo(mustBeAnswered ? 1 : 0);
        });
    }

    /** Runs effects as a shell does: what follows a held record happens only if the record could be written. */
    private static final class Caller {
        private final Property.Draw draw;
        private int answers;

        Caller(Property.Draw draw) {
            this.draw = draw;
        }

        Invocation run(Step<Invocation, InvocationEffect> step) {
            for (InvocationEffect effect : step.effects()) {
                if (effect.equals(HELD) && draw.chance(30)) {
                    draw.tell("the record cannot be written");
                    return run(Invocations.step(step.state(), new InvocationEvent.RecordFailed("disk full", NOW)));
                }
                answers += effect instanceof Answer ? 1 : 0;
            }
            return step.state();
        }
    }

    @Test
    void anAsynchronousCallThatKeepsCrashingEndsAfterItsAttempts() {
        Property.holds(200, draw -> {
            Step<Invocation, InvocationEffect> step = Invocations.begin(ASYNC);
            long now = 100;
            for (int run = 1; run <= Limits.ASYNC_ATTEMPTS_MAX; run++) {
                step = Invocations.step(step.state(), new InvocationEvent.Started(run, "mac", Start.COLD, now));
                InvocationEvent failure = draw.chance(50)
                        ? new InvocationEvent.Crashed(run, "signal 9", now)
                        : new InvocationEvent.NotStarted(run, "gone", now);
                step = Invocations.step(step.state(), failure);
                if (step.state() instanceof Resting resting) {
                    now = resting.retryAtMillis();
                    step = Invocations.step(resting, new InvocationEvent.RetryDue(run, now));
                }
            }
            assertThat(step.state().status()).isEqualTo(Invocation.Status.ERROR);
            assertThat(step.state().attempts()).isEqualTo(Limits.ASYNC_ATTEMPTS_MAX);
        });
    }

    private static InvocationEvent anyEvent(Property.Draw draw) {
        int run = draw.between(1, 4);
        return switch (draw.between(0, 30)) {
            case 0 -> new InvocationEvent.CancelRequested(NOW);
            case 1, 2 -> new InvocationEvent.Returned(run, NOW);
            case 3, 4 -> new InvocationEvent.Raised(run, NOW);
            case 5 -> new InvocationEvent.TimedOut(run, NOW);
            case 6, 7, 8 -> new InvocationEvent.Crashed(run, "signal 9", NOW);
            case 9, 10, 11 -> new InvocationEvent.NotStarted(run, "gone", NOW);
            case 12, 13, 14 -> new InvocationEvent.Refused(run, draw.oneOf(Hindrance.values()), "no", NOW);
            case 15, 16, 17, 18, 19, 20 -> new InvocationEvent.RetryDue(run, NOW);
            default -> new InvocationEvent.Started(run, "mac", Start.FORKED, NOW);
        };
    }

    private static boolean isAboutAnotherRun(Invocation state, InvocationEvent event) {
        int run = runOf(event);
        return run != 0
                && switch (state) {
                    case Queued s -> s.run() != run;
                    case Running s -> s.run() != run;
                    case Resting s -> s.run() != run;
                    case Ended _ -> true;
                };
    }

    private static int runOf(InvocationEvent event) {
        return switch (event) {
            case InvocationEvent.Started e -> e.run();
            case InvocationEvent.Returned e -> e.run();
            case InvocationEvent.Raised e -> e.run();
            case InvocationEvent.TimedOut e -> e.run();
            case InvocationEvent.Crashed e -> e.run();
            case InvocationEvent.NotStarted e -> e.run();
            case InvocationEvent.Refused e -> e.run();
            case InvocationEvent.RetryDue e -> e.run();
            case InvocationEvent.CancelRequested _, InvocationEvent.RecordFailed _ -> 0;
        };
    }

    private static Invocation queued(Call call, int run, int attempts) {
        return new Queued(call, run, attempts, 0);
    }

    private static Invocation running(Call call, int run, int attempts) {
        return new Running(call, run, attempts, "mac", Start.FORKED, NOW);
    }

    private static Invocation resting(Call call, int run, int attempts, int refusals, long retryAt) {
        return new Resting(call, run, attempts, refusals, retryAt);
    }

    private static Invocation ended(Call call, int attempts, Verdict verdict, boolean held) {
        return new Ended(call, attempts, verdict, NOW, held);
    }

    private static InvocationEffect done(Verdict verdict) {
        return new Answer(new Reply.Done(verdict));
    }

    private static Step<Invocation, InvocationEffect> step(Invocation state, InvocationEffect... effects) {
        return new Step<>(state, List.of(effects));
    }
}
