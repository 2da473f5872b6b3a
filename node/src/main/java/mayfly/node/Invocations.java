package mayfly.node;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import mayfly.api.RecordMode;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.InvocationId;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.core.invocation.Call;
import mayfly.core.invocation.InvocationEffect.Reply;
import mayfly.core.invocation.Verdict;
import mayfly.machine.Outcome;
import mayfly.store.InvocationFilter;
import mayfly.store.InvocationRecord;
import mayfly.store.Store;

/** Synchronous calls, and the records of all calls. Safe for concurrent use. */
public final class Invocations {
    private final Functions functions;
    private final Recorder recorder;
    private final Store store;
    private final Clock clock;
    private final Ids ids;
    private volatile boolean draining;

    Invocations(Functions functions, Recorder recorder, Store store, Clock clock, Ids ids) {
        this.functions = functions;
        this.recorder = recorder;
        this.store = store;
        this.clock = clock;
        this.ids = ids;
    }

    /**
     * A call that reached a machine.
     *
     * @param start "cold", "forked" or "warm"
     */
    public record Ran(InvocationId id, int version, String start, String machine, Outcome outcome) {}

    /**
     * Calls a function and waits for it. The answer does not wait for the record, unless the function asks for that.
     *
     * @param json whether the payload is JSON, which the handler gets decoded
     * @throws RefusedException nothing of the call ran: FUNCTION_NOT_FOUND, FUNCTION_THROTTLED, MACHINE_NO_CAPACITY,
     *     FUNCTION_INIT_FAILED, STORE_FULL, NODE_DRAINING; or its record could not be kept and was demanded
     */
    public Ran invoke(String name, byte[] payload, boolean json) throws RefusedException {
        if (draining) {
            throw new RefusedException(ErrorCode.NODE_DRAINING, "the node is stopping");
        }
        Deployed function = functions.require(name);
        enter(function);
        try {
            Instant now = clock.now();
            boolean durable = function.spec().record() == RecordMode.DURABLE;
            Call call = new Call(ids.invocation(), Call.Mode.SYNC, durable, false, now.toEpochMilli());
            CallShell shell = new CallShell(
                    functions, recorder, clock, Limits.POOL_WAIT_MAX, _ -> {}, function, payload, json, call, now);
            recorder.check(shell);
            shell.begin(mayfly.core.invocation.Invocations.begin(call));
            shell.run();
            return result(shell);
        } finally {
            function.running().decrementAndGet();
        }
    }

    private static Ran result(CallShell shell) throws RefusedException {
        Attempt.Ran ran = shell.ran();
        if (!(shell.reply() instanceof Reply.Done(var verdict))) {
            throw new AssertionError("a synchronous call ended without an answer: " + shell.state());
        }
        RefusedException unrecorded = shell.unrecorded();
        if (unrecorded != null) {
            throw unrecorded;
        }
        if (ran == null) {
            throw refused(verdict);
        }
        return new Ran(
                shell.state().call().id(), shell.function().version(), ran.start(), ran.machine(), ran.outcome());
    }

    private static RefusedException refused(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Failed(var code, var reason) -> new RefusedException(code, reason);
            case Verdict.Returned _, Verdict.Raised _, Verdict.TimedOut _, Verdict.Cancelled _ ->
                throw new AssertionError("no machine was reached, and yet: " + verdict);
        };
    }

    /** Refuses new calls; those that were let in end. */
    void drain() {
        draining = true;
    }

    /** One call; empty when it never was, or its record was pruned. */
    public Optional<InvocationRecord> find(InvocationId id) {
        return recorder.find(id);
    }

    /** One call when it has ended, or as it is after the given time. */
    public Optional<InvocationRecord> await(InvocationId id, Duration limit) {
        return recorder.await(id, limit);
    }

    /** One page, newest first; calls of the last milliseconds may still be missing. */
    public List<InvocationRecord> list(InvocationFilter filter) {
        return store.invocations(filter);
    }

    private static void enter(Deployed function) throws RefusedException {
        int limit = function.spec().concurrency();
        if (function.running().incrementAndGet() > limit && limit > 0) {
            function.running().decrementAndGet();
            throw new RefusedException(
                    ErrorCode.FUNCTION_THROTTLED,
                    "function '" + function.spec().name() + "' has " + limit
                            + " calls at once, its concurrency limit; try again, or deploy it with a higher one");
        }
    }
}
