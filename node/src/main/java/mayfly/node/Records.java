package mayfly.node;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import mayfly.api.FunctionError;
import mayfly.api.Json;
import mayfly.base.Limits;
import mayfly.core.invocation.Invocation;
import mayfly.core.invocation.Verdict;
import mayfly.machine.GuestError;
import mayfly.machine.Outcome;
import mayfly.store.InvocationRecord;
import org.jspecify.annotations.Nullable;

/** A call's state and what the shell keeps beside it, as the record that readers and the store see. Pure. */
final class Records {
    private Records() {}

    /**
     * What the state does not hold.
     *
     * @param payload of an asynchronous call that has not ended, else null
     */
    record Beside(
            Deployed function,
            byte @Nullable [] payload,
            boolean json,
            Instant queuedAt,
            @Nullable Instant startedAt,
            @Nullable Instant endedAt,
            Attempt.@Nullable Ran ran) {}

    static InvocationRecord of(Invocation state, Beside beside) {
        Outcome outcome = beside.ran() == null ? null : beside.ran().outcome();
        byte[] output = outcome instanceof Outcome.Success success ? success.output() : null;
        boolean cut = output != null && output.length > Limits.RECORDED_RESULT_BYTES_MAX;
        boolean ended = state instanceof Invocation.Ended;
        return new InvocationRecord(
                state.call().id(),
                beside.function().id(),
                beside.function().spec().name(),
                beside.function().version(),
                state.call().mode().name().toLowerCase(Locale.ROOT),
                state.status().wireName(),
                ended ? null : beside.payload(),
                beside.json(),
                cut ? Arrays.copyOf(output, Limits.RECORDED_RESULT_BYTES_MAX) : output,
                !cut && outcome instanceof Outcome.Success success && success.json(),
                state instanceof Invocation.Ended end ? error(end.verdict(), outcome) : null,
                start(state, beside),
                machine(state, beside),
                beside.queuedAt(),
                beside.startedAt(),
                ended ? beside.endedAt() : null,
                micros(beside, outcome),
                logs(beside),
                state.attempts());
    }

    /** The end of a call that a stopped node left and that cannot be taken up. */
    static InvocationRecord abandoned(InvocationRecord record, String code, String reason, Instant now) {
        return new InvocationRecord(
                record.id(),
                record.function(),
                record.functionName(),
                record.version(),
                record.mode(),
                Invocation.Status.ERROR.wireName(),
                null,
                record.payloadJson(),
                null,
                false,
                error(code, reason),
                record.start(),
                record.machine(),
                record.queuedAt(),
                record.startedAt(),
                now,
                0,
                record.logs(),
                record.attempts());
    }

    private static @Nullable String start(Invocation state, Beside beside) {
        if (state instanceof Invocation.Running running) {
            return running.start().name().toLowerCase(Locale.ROOT);
        }
        return beside.ran() == null ? null : beside.ran().start();
    }

    private static @Nullable String machine(Invocation state, Beside beside) {
        if (state instanceof Invocation.Running running) {
            return running.machine();
        }
        return beside.ran() == null ? null : beside.ran().machine();
    }

    private static @Nullable String logs(Beside beside) {
        String logs = beside.ran() == null ? null : beside.ran().logs();
        return logs == null || logs.isEmpty() ? null : logs;
    }

    private static long micros(Beside beside, @Nullable Outcome outcome) {
        long measured = switch (outcome) {
            case Outcome.Success success -> success.execMicros();
            case Outcome.HandlerError error -> error.execMicros();
            case Outcome.TimedOut _, Outcome.Crashed _, Outcome.NotStarted _ -> 0;
            case null -> 0;
        };
        if (measured > 0 || beside.startedAt() == null || beside.endedAt() == null) {
            return measured;
        }
        return Duration.between(beside.startedAt(), beside.endedAt()).toNanos() / 1000;
    }

    private static @Nullable String error(Verdict verdict, @Nullable Outcome outcome) {
        return switch (verdict) {
            case Verdict.Returned _ -> null;
            case Verdict.Raised _ ->
                outcome instanceof Outcome.HandlerError raised
                        ? Json.text(wire(raised.error()))
                        : error("Error", "the handler raised an error");
            case Verdict.TimedOut _ -> error("Timeout", "the time limit passed and the machine was killed");
            case Verdict.Cancelled _ -> error("Cancelled", "the call was cancelled");
            case Verdict.Failed(var code, var reason) -> error(code.code(), reason);
        };
    }

    private static String error(String type, String message) {
        return Json.text(new FunctionError(type, message, "", Optional.empty(), Optional.empty()));
    }

    static FunctionError wire(GuestError error) {
        return new FunctionError(
                error.type(),
                error.message(),
                error.stack(),
                error.file().isEmpty() ? Optional.empty() : Optional.of(error.file()),
                error.line() == 0 ? Optional.empty() : Optional.of(error.line()));
    }
}
