package mayfly.core.invocation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
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
import mayfly.core.invocation.InvocationEvent.CancelRequested;
import mayfly.core.invocation.InvocationEvent.Crashed;
import mayfly.core.invocation.InvocationEvent.Hindrance;
import mayfly.core.invocation.InvocationEvent.NotStarted;
import mayfly.core.invocation.InvocationEvent.Raised;
import mayfly.core.invocation.InvocationEvent.RecordFailed;
import mayfly.core.invocation.InvocationEvent.Refused;
import mayfly.core.invocation.InvocationEvent.RetryDue;
import mayfly.core.invocation.InvocationEvent.Returned;
import mayfly.core.invocation.InvocationEvent.Started;
import mayfly.core.invocation.InvocationEvent.TimedOut;

/** Decides for invocations; never acts. */
public final class Invocations {
    static final Duration BACK_OFF_FIRST = Duration.ofSeconds(1);
    static final Duration BACK_OFF_MAX = Duration.ofMinutes(5);

    private Invocations() {}

    /** A call that was just accepted. */
    public static Step<Invocation, InvocationEffect> begin(Call call) {
        List<InvocationEffect> effects = switch (call.mode()) {
            case SYNC -> List.of(new Persist(Durability.RELAXED), new Run(1));
            case ASYNC -> List.of(new Persist(Durability.HELD), new Answer(new Reply.Accepted()), new Run(1));
        };
        return new Step<>(new Queued(call, 1, 0, 0), effects);
    }

    /**
     * An invocation whose record had not ended when the node did. An asynchronous one runs again, whatever its attempts:
     * the node's death was not its fault. A synchronous one has lost its caller.
     *
     * @param attempts as recorded
     */
    public static Step<Invocation, InvocationEffect> recover(Call call, int attempts, long nowMillis) {
        return switch (call.mode()) {
            case ASYNC -> Step.with(new Queued(call, 1, attempts, 0), new Run(1));
            case SYNC -> {
                Verdict verdict = new Verdict.Failed(ErrorCode.FUNCTION_CRASHED, "the node was restarted meanwhile");
                yield Step.with(new Ended(call, attempts, verdict, nowMillis, false), new Persist(Durability.RELAXED));
            }
        };
    }

    /** What follows from the event; news of an earlier run, and anything after the end, changes nothing. */
    public static Step<Invocation, InvocationEffect> step(Invocation invocation, InvocationEvent event) {
        Step<Invocation, InvocationEffect> step = switch (invocation) {
            case Queued queued -> queued(queued, event);
            case Running running -> running(running, event);
            case Resting resting -> resting(resting, event);
            case Ended ended -> ended(ended, event);
        };
        assert hold(invocation, step);
        return step;
    }

    private static Step<Invocation, InvocationEffect> queued(Queued state, InvocationEvent event) {
        return switch (event) {
            case Started e
            when e.run() == state.run() ->
                Step.with(
                        new Running(state.call(), e.run(), state.attempts() + 1, e.machine(), e.start(), e.nowMillis()),
                        new Persist(Durability.RELAXED));
            case Refused e when e.run() == state.run() -> refused(state, e);
            case CancelRequested(var now) -> cancelled(state.call(), state.attempts(), now, new Stop(state.run()));
            case RecordFailed e -> unrecorded(state, e);
            case Started _, Refused _, Returned _, Raised _, TimedOut _, Crashed _, NotStarted _, RetryDue _ ->
                Step.stay(state);
        };
    }

    private static Step<Invocation, InvocationEffect> refused(Queued state, Refused e) {
        Call call = state.call();
        Verdict verdict = new Verdict.Failed(codeOf(e.hindrance()), e.reason());
        boolean young = e.nowMillis() - call.queuedMillis() < Limits.ASYNC_AGE_MAX.toMillis();
        return switch (e.hindrance()) {
            case THROTTLED, NO_CAPACITY, DRAINING, STORE_FAILED ->
                call.mode() == Mode.ASYNC && young
                        ? rest(call, e.run(), state.attempts(), state.refusals() + 1, e.nowMillis())
                        : end(call, state.attempts(), verdict, e.nowMillis());
            // loading the code was the attempt
            case INIT_FAILED -> againOrEnd(call, e.run(), state.attempts() + 1, verdict, e.nowMillis());
            case FUNCTION_GONE -> end(call, state.attempts(), verdict, e.nowMillis());
        };
    }

    private static ErrorCode codeOf(Hindrance hindrance) {
        return switch (hindrance) {
            case THROTTLED -> ErrorCode.FUNCTION_THROTTLED;
            case NO_CAPACITY -> ErrorCode.MACHINE_NO_CAPACITY;
            case DRAINING -> ErrorCode.NODE_DRAINING;
            case INIT_FAILED -> ErrorCode.FUNCTION_INIT_FAILED;
            case STORE_FAILED -> ErrorCode.STORE_FAILED;
            case FUNCTION_GONE -> ErrorCode.FUNCTION_NOT_FOUND;
        };
    }

    /** Only an asynchronous call that was never answered is in this state when its record fails. */
    private static Step<Invocation, InvocationEffect> unrecorded(Queued state, RecordFailed e) {
        Call call = state.call();
        if (call.mode() == Mode.SYNC || state.run() != 1) {
            return Step.stay(state);
        }
        Verdict verdict = new Verdict.Failed(ErrorCode.STORE_FAILED, e.reason());
        return Step.with(
                new Ended(call, state.attempts(), verdict, e.nowMillis(), false), new Answer(new Reply.Done(verdict)));
    }

    private static Step<Invocation, InvocationEffect> running(Running state, InvocationEvent event) {
        Call call = state.call();
        int attempts = state.attempts();
        return switch (event) {
            case Returned e when e.run() == state.run() -> end(call, attempts, new Verdict.Returned(), e.nowMillis());
            case Raised e
            when e.run() == state.run() ->
                call.retryErrors()
                        ? againOrEnd(call, e.run(), attempts, new Verdict.Raised(), e.nowMillis())
                        : end(call, attempts, new Verdict.Raised(), e.nowMillis());
            case TimedOut e when e.run() == state.run() -> end(call, attempts, new Verdict.TimedOut(), e.nowMillis());
            case Crashed e
            when e.run() == state.run() -> {
                Verdict verdict = new Verdict.Failed(ErrorCode.FUNCTION_CRASHED, e.reason());
                yield againOrEnd(call, e.run(), attempts, verdict, e.nowMillis());
            }
            case NotStarted e when e.run() == state.run() -> notStarted(state, e);
            case CancelRequested(var now) -> cancelled(call, attempts, now, new Stop(state.run()));
            case Started _,
                    Returned _,
                    Raised _,
                    TimedOut _,
                    Crashed _,
                    NotStarted _,
                    Refused _,
                    RetryDue _,
                    RecordFailed _ -> Step.stay(state);
        };
    }

    private static Step<Invocation, InvocationEffect> notStarted(Running state, NotStarted e) {
        Call call = state.call();
        if (call.mode() == Mode.SYNC && state.attempts() < Limits.ASYNC_ATTEMPTS_MAX) {
            int run = state.run() + 1; // at once: nothing of the call has run, and its caller waits
            return Step.with(new Queued(call, run, state.attempts(), 0), new Run(run));
        }
        Verdict verdict = new Verdict.Failed(ErrorCode.MACHINE_FAILED, e.reason());
        return againOrEnd(call, e.run(), state.attempts(), verdict, e.nowMillis());
    }

    private static Step<Invocation, InvocationEffect> resting(Resting state, InvocationEvent event) {
        Call call = state.call();
        return switch (event) {
            case RetryDue e
            when e.run() == state.run() -> {
                int run = state.run() + 1;
                yield Step.with(new Queued(call, run, state.attempts(), state.refusals()), new Run(run));
            }
            case CancelRequested(var now) -> cancelled(call, state.attempts(), now);
            case RetryDue _,
                    Started _,
                    Returned _,
                    Raised _,
                    TimedOut _,
                    Crashed _,
                    NotStarted _,
                    Refused _,
                    RecordFailed _ -> Step.stay(state);
        };
    }

    private static Step<Invocation, InvocationEffect> ended(Ended state, InvocationEvent event) {
        return switch (event) {
            case RecordFailed e
            when state.held() -> {
                Verdict verdict = new Verdict.Failed(ErrorCode.STORE_FAILED, e.reason());
                yield Step.with(
                        new Ended(state.call(), state.attempts(), state.verdict(), state.endedMillis(), false),
                        new Answer(new Reply.Done(verdict)));
            }
            case RecordFailed _,
                    Started _,
                    Returned _,
                    Raised _,
                    TimedOut _,
                    Crashed _,
                    NotStarted _,
                    Refused _,
                    RetryDue _,
                    CancelRequested _ -> Step.stay(state);
        };
    }

    private static Step<Invocation, InvocationEffect> againOrEnd(
            Call call, int run, int attempts, Verdict verdict, long now) {
        return call.mode() == Mode.ASYNC && attempts < Limits.ASYNC_ATTEMPTS_MAX
                ? rest(call, run, attempts, 0, now)
                : end(call, attempts, verdict, now);
    }

    private static Step<Invocation, InvocationEffect> rest(Call call, int run, int attempts, int refusals, long now) {
        long retryAt = now + backOffMillis(call, attempts + refusals);
        return new Step<>(
                new Resting(call, run, attempts, refusals, retryAt),
                List.of(new Persist(Durability.RELAXED), new RetryAt(run, retryAt)));
    }

    /** Doubles from try to try; up to a quarter more, by the call's id, so that what failed together does not return together. */
    static long backOffMillis(Call call, int tries) {
        int doublings = Math.clamp(tries - 1, 0, 20);
        long delay = Math.min(BACK_OFF_FIRST.toMillis() << doublings, BACK_OFF_MAX.toMillis());
        return delay + delay * (call.id().hashCode() & 0xff) / 1024;
    }

    private static Step<Invocation, InvocationEffect> cancelled(
            Call call, int attempts, long now, InvocationEffect... before) {
        List<InvocationEffect> effects = new ArrayList<>(List.of(before));
        Step<Invocation, InvocationEffect> end = end(call, attempts, new Verdict.Cancelled(), now);
        effects.addAll(end.effects());
        return new Step<>(end.state(), effects);
    }

    private static Step<Invocation, InvocationEffect> end(Call call, int attempts, Verdict verdict, long now) {
        Answer answer = new Answer(new Reply.Done(verdict));
        return switch (call.mode()) {
            case ASYNC -> Step.with(new Ended(call, attempts, verdict, now, false), new Persist(Durability.RELAXED));
            case SYNC ->
                call.durable()
                        ? new Step<>(
                                new Ended(call, attempts, verdict, now, true),
                                List.of(new Persist(Durability.HELD), answer))
                        : new Step<>(
                                new Ended(call, attempts, verdict, now, false),
                                List.of(answer, new Persist(Durability.RELAXED)));
        };
    }

    private static boolean hold(Invocation before, Step<Invocation, InvocationEffect> step) {
        Invocation after = step.state();
        require(after.attempts() >= before.attempts(), "F1: attempts only grow", before, step);
        boolean finalStays = !(before instanceof Ended was)
                || (after instanceof Ended is && is.verdict().equals(was.verdict()));
        require(finalStays, "F2: a verdict is final", before, step);
        long answers = step.effects().stream().filter(Answer.class::isInstance).count();
        boolean mayAnswer = after instanceof Ended && (!(before instanceof Ended was) || was.held());
        require(answers == 0 || (answers == 1 && mayAnswer), "F3: one answer, at the end", before, step);
        return true;
    }

    private static void require(
            boolean holds, String invariant, Invocation before, Step<Invocation, InvocationEffect> step) {
        if (!holds) {
            throw new AssertionError(invariant + "\n before " + before + "\n step " + step);
        }
    }
}
