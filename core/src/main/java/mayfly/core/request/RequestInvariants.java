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
import mayfly.core.request.RequestEffect.Send;

/** What holds after every step; the letters are INVARIANTS.md's. */
final class RequestInvariants {
    private RequestInvariants() {}

    /** Throws AssertionError when a step breaks a rule; else true. */
    static boolean hold(RequestTimes times, Request before, RequestEvent event, Step<Request, RequestEffect> step) {
        Request after = step.state();
        List<RequestEffect> effects = step.effects();
        require(!(before instanceof Ended) || (after.equals(before) && effects.isEmpty()), "G1: an end is final");
        require(
                timed(after) || count(effects, Look.class) == 1 || after.equals(before),
                "G2: whoever waits has a time when that ends");
        require(
                count(effects, Fail.class) == (ended(before, after, End.FAILED) ? 1 : 0),
                "G3: a failure is told once, and then");
        require(
                !(before instanceof Answering) || (count(effects, Fail.class) == 0 && !retries(after)),
                "G4: an answer that began is neither answered nor tried again");
        require(count(effects, Cut.class) == (ended(before, after, End.CUT) ? 1 : 0), "G4: it is cut when it ends so");
        require(attempt(after) <= times.attemptsMax(), "G5: too many attempts");
        require(!(after instanceof Waiting it) || it.wakes() <= times.wakesMax(), "G5: too many wakes");
        boolean left = sent(before) && !sent(after);
        boolean missed = event instanceof RequestEvent.Missed; // then there was nothing to leave
        require(
                count(effects, Abort.class) + count(effects, Forget.class) == (left && !missed ? 1 : 0),
                "G6: it is at one place at a time, and left once");
        require(count(effects, Send.class) == (sent(after) && !sent(before) ? 1 : 0), "G6: it is sent once an attempt");
        return true;
    }

    private static boolean timed(Request request) {
        return switch (request) {
            case Waiting it -> it.dueMillis() < Request.NEVER;
            case Sent it -> it.dueMillis() < Request.NEVER;
            case Pausing it -> it.dueMillis() < Request.NEVER;
            case Looking _ -> false;
            case Answering _, Ended _ -> true; // nothing is waited for but the answer itself
        };
    }

    private static boolean ended(Request before, Request after, End how) {
        return !(before instanceof Ended) && after instanceof Ended(var end) && end == how;
    }

    private static boolean retries(Request request) {
        return switch (request) {
            case Looking _, Waiting _, Sent _, Pausing _ -> true;
            case Answering _, Ended _ -> false;
        };
    }

    /** Whether a runner has it. */
    private static boolean sent(Request request) {
        return switch (request) {
            case Sent _, Answering _ -> true;
            case Looking _, Waiting _, Pausing _, Ended _ -> false;
        };
    }

    private static int attempt(Request request) {
        return switch (request) {
            case Looking it -> it.attempt();
            case Waiting it -> it.attempt();
            case Sent it -> it.attempt();
            case Pausing it -> it.attempt();
            case Answering it -> it.attempt();
            case Ended _ -> 0;
        };
    }

    private static long count(List<RequestEffect> effects, Class<? extends RequestEffect> kind) {
        return effects.stream().filter(kind::isInstance).count();
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new AssertionError(rule);
        }
    }
}
