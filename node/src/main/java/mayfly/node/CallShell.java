package mayfly.node;

import java.time.Duration;
import java.time.Instant;
import java.util.function.LongConsumer;
import mayfly.base.Clock;
import mayfly.base.RefusedException;
import mayfly.core.Step;
import mayfly.core.invocation.Call;
import mayfly.core.invocation.Invocation;
import mayfly.core.invocation.InvocationEffect;
import mayfly.core.invocation.InvocationEffect.Durability;
import mayfly.core.invocation.InvocationEffect.Reply;
import mayfly.core.invocation.InvocationEvent;
import mayfly.core.invocation.InvocationEvent.Hindrance;
import mayfly.core.invocation.Invocations;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.Refusal;
import mayfly.machine.Outcome;
import mayfly.store.InvocationRecord;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * Runs one call: feeds events to {@link Invocations#step} and does what it asks for. Used by one thread at a time: the
 * caller's for a synchronous call, a lane's for an asynchronous one.
 */
final class CallShell {
    private final Functions functions;
    private final Recorder recorder;
    private final Clock clock;
    private final Duration wait;
    private final LongConsumer retryAt;

    private Invocation state;
    private Deployed function;
    private byte @Nullable [] payload;
    private final boolean json;
    private final Instant queuedAt;
    private @Nullable Instant startedAt;
    private @Nullable Instant endedAt;
    private Attempt.@Nullable Ran ran;
    private @Nullable Reply reply;
    private int runDue;
    private @Nullable RefusedException unrecorded;

    /**
     * @param wait how long one run may wait for a machine
     * @param retryAt told at which wall-clock millisecond {@link #retry} is to be called
     */
    CallShell(
            Functions functions,
            Recorder recorder,
            Clock clock,
            Duration wait,
            LongConsumer retryAt,
            Deployed function,
            byte @Nullable [] payload,
            boolean json,
            Call call,
            Instant queuedAt) {
        this.functions = functions;
        this.recorder = recorder;
        this.clock = clock;
        this.wait = wait;
        this.retryAt = retryAt;
        this.function = function;
        this.payload = payload;
        this.json = json;
        this.queuedAt = queuedAt;
        this.state = new Invocation.Queued(call, 0, 0, 0);
    }

    Invocation state() {
        return state;
    }

    Deployed function() {
        return function;
    }

    /** How the last run ended; null when no machine was reached. */
    Attempt.@Nullable Ran ran() {
        return ran;
    }

    /** What the caller is to hear; null before it is decided. */
    @Nullable
    Reply reply() {
        return reply;
    }

    /** Why the record of a call that ran could not be kept, though the caller demanded it. */
    @Nullable
    RefusedException unrecorded() {
        return unrecorded;
    }

    /** Whether a run was ordered and not made yet. */
    boolean runDue() {
        return runDue > 0;
    }

    /** Takes the first step of a new or recovered call. */
    void begin(Step<Invocation, InvocationEffect> first) throws RefusedException {
        take(first);
    }

    /** Makes the runs that were ordered, until none is. */
    void run() throws RefusedException {
        while (runDue > 0) {
            int run = runDue;
            runDue = 0;
            attempt(run);
        }
    }

    /** The time that {@code retryAt} was told has come. */
    void retry() throws RefusedException {
        if (state instanceof Invocation.Resting resting) {
            send(new InvocationEvent.RetryDue(resting.run(), nowMillis()));
        }
    }

    /** The payload of a call that waits may be left to the store. */
    void forgetPayload() {
        payload = null;
    }

    void rememberPayload(byte[] bytes) {
        payload = bytes;
    }

    boolean hasPayload() {
        return payload != null;
    }

    private void attempt(int run) throws RefusedException {
        long deadline = clock.nanos() + wait.toNanos(); // over all versions: one may be replaced while the call waits
        Attempt attempt = attempt(run, deadline);
        Standing standing = Standing.SERVES;
        while (drained(attempt) && (standing = lookUp()) == Standing.REPLACED) {
            attempt = attempt(run, deadline);
        }
        switch (standing) {
            case DELETED -> sendGone(run);
            case UNKNOWN -> {
                String reason =
                        "the node's store fails, and only it knows which version replaced the one that was called";
                send(new InvocationEvent.Refused(run, Hindrance.STORE_FAILED, reason, nowMillis()));
            }
            case SERVES, REPLACED -> ended(run, attempt);
        }
    }

    private void ended(int run, Attempt attempt) throws RefusedException {
        switch (attempt) {
            case Attempt.NoMachine(var refusal) -> {
                Refusals.Reason reason = Refusals.of(function, refusal);
                send(new InvocationEvent.Refused(run, reason.hindrance(), reason.text(), nowMillis()));
            }
            case Attempt.Ran done -> {
                ran = done;
                send(ended(run, done.outcome()));
            }
        }
    }

    private Attempt attempt(int run, long deadline) {
        byte[] work = payload == null ? new byte[0] : payload;
        return Attempt.make(
                function, state.call().id(), work, json, deadline, (start, machine) -> started(run, start, machine));
    }

    private static boolean drained(Attempt attempt) {
        return attempt instanceof Attempt.NoMachine none && none.refusal() instanceof Refusal.Draining;
    }

    /** What has become of a version whose pool is draining. */
    private enum Standing {
        /** It is the latest still: the node is stopping. */
        SERVES,
        /** A newer one serves the call. */
        REPLACED,
        /** Its function is gone, though another may have its name by now. */
        DELETED,
        /** The store fails. */
        UNKNOWN
    }

    private Standing lookUp() {
        try {
            Deployed newest = functions.require(function.spec().name());
            if (!newest.id().equals(function.id())) {
                return Standing.DELETED;
            }
            boolean replaced = newest.version() != function.version();
            function = newest;
            return replaced ? Standing.REPLACED : Standing.SERVES;
        } catch (RefusedException e) {
            return Standing.DELETED;
        } catch (StoreException e) {
            return Standing.UNKNOWN;
        }
    }

    private void started(int run, PoolEffect.Start start, String machine) {
        startedAt = clock.now();
        try {
            send(new InvocationEvent.Started(run, machine, start, nowMillis()));
        } catch (RefusedException e) {
            throw new AssertionError("a start is recorded with the next group, which cannot refuse", e);
        }
    }

    private InvocationEvent ended(int run, Outcome outcome) {
        long now = nowMillis();
        return switch (outcome) {
            case Outcome.Success _ -> new InvocationEvent.Returned(run, now);
            case Outcome.HandlerError _ -> new InvocationEvent.Raised(run, now);
            case Outcome.TimedOut _ -> new InvocationEvent.TimedOut(run, now);
            case Outcome.Crashed(var reason) -> new InvocationEvent.Crashed(run, reason, now);
            case Outcome.NotStarted(var reason) -> new InvocationEvent.NotStarted(run, reason, now);
        };
    }

    /** The function was deleted while the call waited. */
    void functionGone() throws RefusedException {
        if (runDue > 0) {
            int run = runDue;
            runDue = 0;
            sendGone(run);
        }
    }

    private void sendGone(int run) throws RefusedException {
        String reason = "function '" + function.spec().name() + "' was deleted while the call waited";
        send(new InvocationEvent.Refused(run, Hindrance.FUNCTION_GONE, reason, nowMillis()));
    }

    private void send(InvocationEvent event) throws RefusedException {
        take(Invocations.step(state, event));
    }

    private void take(Step<Invocation, InvocationEffect> step) throws RefusedException {
        state = step.state();
        if (state instanceof Invocation.Ended && endedAt == null) {
            endedAt = clock.now();
        }
        for (InvocationEffect effect : step.effects()) {
            switch (effect) {
                case InvocationEffect.Persist(var durability) -> {
                    if (!persist(durability)) {
                        return; // what hangs on the record is dropped
                    }
                }
                case InvocationEffect.Run(var run) -> runDue = run;
                case InvocationEffect.RetryAt retry -> retryAt.accept(retry.atMillis());
                case InvocationEffect.Answer(var answer) -> reply = answer;
                case InvocationEffect.Stop _ -> {} // nobody can cancel a call of this thread but this thread
            }
        }
    }

    private boolean persist(Durability durability) throws RefusedException {
        switch (durability) {
            case RELAXED -> recorder.relaxed(record());
            case HELD -> {
                try {
                    recorder.held(record());
                } catch (RefusedException e) {
                    if (state instanceof Invocation.Queued) {
                        throw e; // it was never accepted: the caller hears why
                    }
                    unrecorded = e;
                    send(new InvocationEvent.RecordFailed(String.valueOf(e.getMessage()), nowMillis()));
                    return false;
                }
            }
        }
        return true;
    }

    /** The call as readers see it. */
    InvocationRecord record() {
        return Records.of(state, new Records.Beside(function, payload, json, queuedAt, startedAt, endedAt, ran));
    }

    private long nowMillis() {
        return clock.now().toEpochMilli();
    }
}
