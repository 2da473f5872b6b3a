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

        @Doc(
                "pending: on record, and will be started whatever happens to the node; seen in the answer to the request when"
                        + " the host is slow. running. Then one for good: succeeded: exit code 0. failed: another exit code, a signal"
                        + " that Mayfly did not send, or it could not be executed. killed: by a signal that Mayfly sent, asked for or"
                        + " over a limit. stopped: it exited by itself after that. lost: its monitor died, so nobody saw how it ended")
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
