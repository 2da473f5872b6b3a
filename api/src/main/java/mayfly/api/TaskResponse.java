package mayfly.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A supervised command. */
@Doc("A command that is watched, or has ended. Values of environment variables are not shown.")
public record TaskResponse(
        String id,

        @Doc("empty when none was given") String name,

        List<String> command,

        @Doc("names of the environment variables that were given")
        List<String> envKeys,

        Optional<String> cwd,
        TaskIsolation isolation,
        TaskStatus status,

        @Doc("process id of the command while it runs") Optional<Integer> pid,

        @Doc("absent while it runs and when a signal ended it")
        Optional<Integer> exitCode,

        @Doc("the signal that ended it: SIGKILL") Optional<String> signal,

        @Doc("why it failed, was killed or lost; empty when there is nothing to say")
        String reason,

        Optional<Integer> memoryMb,
        Optional<Long> timeoutMs,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt) {}
