package mayfly.core.request;

import java.util.List;
import mayfly.core.Step;
import mayfly.core.request.Request.Answering;
import mayfly.core.request.Request.End;
import mayfly.core.request.Request.Ended;
import mayfly.core.request.Request.Looking;
import mayfly.core.request.Request.Pausing;
import mayfly.core.request.Request.Sent;
import mayfly.core.request.Request.Waiting;
import mayfly.core.request.RequestEffect.Abort;
import mayfly.core.request.RequestEffect.Cut;
import mayfly.core.request.RequestEffect.Fail;
import mayfly.core.request.RequestEffect.Forget;
import mayfly.core.request.RequestEffect.Look;
import mayfly.core.request.RequestEffect.LookAtPool;
import mayfly.core.request.RequestEffect.Send;
import mayfly.core.request.RequestEffect.Wake;
import mayfly.core.request.RequestEvent.Aborted;
import mayfly.core.request.RequestEvent.Absent;
import mayfly.core.request.RequestEvent.AnswerEnded;
import mayfly.core.request.RequestEvent.Answered;
import mayfly.core.request.RequestEvent.ClientLeft;
import mayfly.core.request.RequestEvent.Destroyed;
import mayfly.core.request.RequestEvent.Ending;
import mayfly.core.request.RequestEvent.Here;
import mayfly.core.request.RequestEvent.Looked;
import mayfly.core.request.RequestEvent.Missed;
import mayfly.core.request.RequestEvent.NotReady;
import mayfly.core.request.RequestEvent.PoolLooked;
import mayfly.core.request.RequestEvent.Ready;
import mayfly.core.request.RequestEvent.Reconnected;
import mayfly.core.request.RequestEvent.Refused;
import mayfly.core.request.RequestEvent.Stopped;
import mayfly.core.request.RequestEvent.Tick;

/** Decides about a request; never acts. */
public final class Requests {
    private static final long NONE = -1;

    private final RequestTimes times;

    public Requests(RequestTimes times) {
        this.times = times;
    }

    /** A request that has just come. */
    public Step<Request, RequestEffect> begin() {
        return Step.with(new Looking(1), new Look());
    }

    /** What follows from the event. */
    public Step<Request, RequestEffect> step(Request request, RequestEvent event) {
        Step<Request, RequestEffect> step = switch (request) {
            case Looking it -> looking(it, event);
            case Waiting it -> waiting(it, event);
            case Sent it -> sent(it, event);
            case Pausing it -> pausing(it, event);
            case Answering it -> answering(it, event);
            case Ended it -> Step.stay(it);
        };
        assert RequestInvariants.hold(times, request, event, step);
        return step;
    }

    private Step<Request, RequestEffect> looking(Looking it, RequestEvent event) {
        return switch (event) {
            case Here(var generation, var now) -> send(it.attempt(), generation, now);
            case NotReady(var now) -> await(it.attempt(), 1, NONE, now + times.readyMillis(), now);
            case Ending(var now) -> again(it.attempt(), now); // until it is gone, or runs on after all
            case Absent _, Destroyed _ -> fail(RequestFailure.NO_ACTOR);
            case ClientLeft _ -> end(End.CLIENT_LEFT);
            // the look that was asked for sees what these tell, or they are of an earlier attempt
            case Ready _, Stopped _, Missed _, Reconnected _, Answered _, AnswerEnded _ -> Step.stay(it);
            case Aborted _, Refused _, PoolLooked _, Tick _ -> Step.stay(it);
        };
    }

    private Step<Request, RequestEffect> waiting(Waiting it, RequestEvent event) {
        return switch (event) {
            case Ready(var generation, var _) when generation <= it.stopped() -> Step.stay(it);
            case Ready(var generation, var now) -> send(it.attempt(), generation, now);
            case Stopped(var generation, var _) when generation <= it.stopped() -> Step.stay(it);
            case Stopped(var generation, var now) -> wakeAgain(it, generation, now);
            case Destroyed _ -> fail(RequestFailure.DESTROYED_WHILE_WAITING);
            case PoolLooked(var failing) -> failing ? fail(RequestFailure.POOL_FAILS) : Step.stay(it);
            case Tick(var now) when now >= it.deadlineMillis() -> fail(RequestFailure.NOT_READY);
            case Tick(var now)
            when now >= it.lookMillis() -> {
                long next = now + times.poolEveryMillis();
                yield Step.with(
                        new Waiting(it.attempt(), it.wakes(), it.stopped(), it.deadlineMillis(), next),
                        new LookAtPool());
            }
            case ClientLeft _ -> end(End.CLIENT_LEFT);
            case Tick _, Looked _ -> Step.stay(it); // too early; not asked for
            case Missed _, Answered _, AnswerEnded _, Aborted _, Refused _, Reconnected _ ->
                Step.stay(it); // of an earlier attempt
        };
    }

    private Step<Request, RequestEffect> wakeAgain(Waiting it, long stopped, long now) {
        if (it.wakes() == times.wakesMax()) {
            return fail(RequestFailure.STOPS_WHEN_WOKEN);
        }
        Waiting next = new Waiting(it.attempt(), it.wakes() + 1, stopped, it.deadlineMillis(), it.lookMillis());
        return now >= it.deadlineMillis() ? fail(RequestFailure.NOT_READY) : Step.with(next, new Wake());
    }

    private Step<Request, RequestEffect> sent(Sent it, RequestEvent event) {
        return switch (event) {
            case Answered(var whole) ->
                whole
                        ? new Step<>(new Ended(End.ANSWERED), List.of(new Forget()))
                        : Step.stay(new Answering(it.attempt(), it.generation()));
            case Stopped(var generation, var _) when generation < it.generation() -> Step.stay(it);
            case Reconnected(var patience, var now) ->
                Step.stay(new Sent(it.attempt(), it.generation(), Math.min(it.deadlineMillis(), now + patience)));
            case Stopped(var _, var now) ->
                again(it.attempt(), RequestFailure.STOPPED_WHILE_ANSWERING, new Forget(), now);
            case Missed(var generation, var _) when generation != it.generation() -> Step.stay(it);
            case Missed(var generation, var now) -> missed(it, generation, now);
            case Aborted(var now) -> again(it.attempt(), RequestFailure.ABORTED_BY_RUNNER, new Forget(), now);
            case Refused _ -> fail(RequestFailure.REFUSED, new Forget());
            case Destroyed _ -> fail(RequestFailure.NO_ACTOR, new Abort());
            case Tick(var now)
            when now >= it.deadlineMillis() -> again(it.attempt(), RequestFailure.NO_ANSWER, new Abort(), now);
            case ClientLeft _ -> new Step<>(new Ended(End.CLIENT_LEFT), List.of(new Abort()));
            case Tick _, Ready _, Looked _, PoolLooked _ -> Step.stay(it); // too early; known; not asked for
            case AnswerEnded _ -> Step.stay(it); // of an earlier attempt
        };
    }

    /** It was never sent, so this was no attempt: the actor is woken once more. */
    private Step<Request, RequestEffect> missed(Sent it, long generation, long now) {
        return it.attempt() == times.attemptsMax()
                ? fail(RequestFailure.ATTEMPTS_EXCEEDED)
                : await(it.attempt() + 1, 1, generation, now + times.readyMillis(), now);
    }

    private Step<Request, RequestEffect> pausing(Pausing it, RequestEvent event) {
        return switch (event) {
            case Tick(var now) when now >= it.untilMillis() -> Step.with(new Looking(it.attempt() + 1), new Look());
            case Destroyed _ -> fail(RequestFailure.NO_ACTOR);
            case ClientLeft _ -> end(End.CLIENT_LEFT);
            case Tick _, Ready _, Stopped _ -> Step.stay(it); // too early; the next attempt looks itself
            case Looked _, PoolLooked _ -> Step.stay(it); // not asked for
            case Missed _, Answered _, AnswerEnded _, Aborted _, Refused _, Reconnected _ ->
                Step.stay(it); // of the attempt before
        };
    }

    private Step<Request, RequestEffect> answering(Answering it, RequestEvent event) {
        return switch (event) {
            case AnswerEnded _ -> new Step<>(new Ended(End.ANSWERED), List.of(new Forget()));
            case Stopped(var generation, var _) when generation < it.generation() -> Step.stay(it);
            case Stopped _, Aborted _ -> new Step<>(new Ended(End.CUT), List.of(new Forget(), new Cut()));
            case ClientLeft _ -> new Step<>(new Ended(End.CLIENT_LEFT), List.of(new Abort()));
            case Destroyed _ -> Step.stay(it); // what it says until it stops is still its answer
            case Answered _, Refused _ -> Step.stay(it); // an answer begins once
            case Reconnected _ -> Step.stay(it); // what is missing of it is not known
            case Ready _, Missed _, Looked _, PoolLooked _, Tick _ -> Step.stay(it); // nothing is waited for
        };
    }

    // ---- what follows

    private Step<Request, RequestEffect> send(int attempt, long generation, long now) {
        return Step.with(new Sent(attempt, generation, now + times.answerMillis()), new Send(generation));
    }

    private Step<Request, RequestEffect> await(int attempt, int wakes, long stopped, long deadline, long now) {
        return Step.with(new Waiting(attempt, wakes, stopped, deadline, now + times.poolFirstMillis()), new Wake());
    }

    /** After a failed attempt: another one, if one is left. */
    private Step<Request, RequestEffect> again(int attempt, RequestFailure failure, RequestEffect left, long now) {
        assert failure.triedAgain() : failure;
        return again(attempt, now, left);
    }

    private Step<Request, RequestEffect> again(int attempt, long now, RequestEffect... before) {
        return attempt == times.attemptsMax()
                ? fail(RequestFailure.ATTEMPTS_EXCEEDED, before)
                : new Step<>(new Pausing(attempt, now + times.pauseAfter(attempt)), List.of(before));
    }

    private static Step<Request, RequestEffect> fail(RequestFailure failure, RequestEffect... before) {
        List<RequestEffect> effects = new java.util.ArrayList<>(List.of(before));
        effects.add(new Fail(failure));
        return new Step<>(new Ended(End.FAILED), effects);
    }

    private static Step<Request, RequestEffect> end(End how) {
        return Step.stay(new Ended(how));
    }
}
