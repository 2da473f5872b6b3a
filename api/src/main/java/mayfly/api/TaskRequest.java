package mayfly.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts a supervised command; {@link TaskSpec#of} checks it. */
@Doc("A command to run and watch. It goes on when the node ends.")
public record TaskRequest(
        @Doc("program and arguments; no shell is involved") List<String> command,

        @Doc("1 to 64 of a-z, 0-9, - and _; need not be unique")
        Optional<String> name,

        @Doc("environment variables, beside PATH, HOME and LANG")
        Map<String, String> env,

        @Doc("absolute working directory; default the task's own directory")
        Optional<String> cwd,

        @Doc("memory limit in MiB") Optional<Integer> memoryMb,

        @Doc("time limit in milliseconds; then SIGTERM, and SIGKILL after a grace")
        Optional<Long> timeoutMs,

        @Doc("none: a plain process of the node's user; process: in a sandbox")
        Optional<TaskIsolation> isolation,

        @Doc("limit of stdout and stderr together in MiB; over it the command is killed")
        Optional<Integer> outputMaxMb) {}
