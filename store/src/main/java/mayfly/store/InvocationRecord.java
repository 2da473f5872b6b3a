package mayfly.store;

import java.time.Instant;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import org.jspecify.annotations.Nullable;

/**
 * One call, as far as it has come. Fields of later states are null before them.
 *
 * @param functionName the name at the time of the call
 * @param mode "sync" or "async"
 * @param status "pending", "running", "success", "error", "timeout" or "cancelled"
 * @param payload kept for asynchronous calls that have not ended, else null
 * @param payloadJson whether the payload is JSON
 * @param result the output, cut to Limits.RECORDED_RESULT_BYTES_MAX; resultJson tells its form
 * @param error JSON {type, message, stack, ...}
 * @param start "cold", "forked" or "warm"
 * @param logs captured output, at most Limits.INVOCATION_LOG_BYTES_MAX bytes of UTF-8
 * @param attempts how often it was begun
 */
public record InvocationRecord(
        InvocationId id,
        FunctionId function,
        String functionName,
        int version,
        String mode,
        String status,
        byte @Nullable [] payload,
        boolean payloadJson,
        byte @Nullable [] result,
        boolean resultJson,
        @Nullable String error,
        @Nullable String start,
        @Nullable String machine,
        Instant queuedAt,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        long durationMicros,
        @Nullable String logs,
        int attempts) {}
