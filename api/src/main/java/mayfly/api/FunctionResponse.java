package mayfly.api;

import java.time.Instant;
import java.util.List;

/** A function with the settings of its latest version. */
@Doc("A function with the settings of its latest version. Values of environment variables are not shown.")
public record FunctionResponse(
        String id,
        String name,

        @Doc("counts the deployments of this function, from 1")
        int version,

        FunctionRuntime runtime,
        String handler,
        FunctionStatus status,

        @Doc("names of the environment variables") List<String> envKeys,

        int memoryMb,
        long timeoutMs,
        Isolation isolation,
        Reuse reuse,
        RecordMode record,
        int concurrency,
        int minWarm,
        int maxMachines,
        List<String> tags,

        @Doc("SHA-256 of the code") String artifact,

        Machines machines,
        Instant createdAt,
        Instant updatedAt) {

    /** What its pool holds now. */
    @Doc("The machines of a function, now.")
    public record Machines(
            @Doc("serving a call") int busy,
            @Doc("ready for one") int warm,
            @Doc("being made") int starting,
            @Doc("calls that wait for a machine") int waiting) {}
}
