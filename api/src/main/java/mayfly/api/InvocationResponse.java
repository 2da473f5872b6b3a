package mayfly.api;

import java.time.Instant;
import java.util.Optional;

/** The record of one call. */
@Doc("The record of one call. Lists leave out result, error and logs.")
public record InvocationResponse(
        String id,

        @Doc("name of the function at the time of the call") String function,

        int version,
        InvocationMode mode,
        InvocationStatus status,

        @Doc("what the handler returned, when that was JSON and was not too long to be kept whole")
        Optional<JsonValue> result,

        @Doc("what the handler returned, when that was bytes or was cut")
        Optional<byte[]> resultBase64,

        Optional<FunctionError> error,
        Optional<StartKind> start,
        Optional<String> machine,

        @Doc("how often it was begun") int attempts,

        Instant queuedAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,

        @Doc("time the handler took, in microseconds") Optional<Long> durationUs,

        @Doc("what the handler printed, at most 256 KiB") Optional<String> logs) {}
