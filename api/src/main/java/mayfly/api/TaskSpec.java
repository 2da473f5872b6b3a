package mayfly.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;

/**
 * A command to supervise: checked and complete. {@link Json} writes and reads it, so it is also what a store keeps.
 *
 * @param name empty when none was given
 * @param env in the order of names
 * @param cwd absolute; absent for the task's own directory
 */
public record TaskSpec(
        String name,
        List<String> command,
        Map<String, String> env,
        Optional<String> cwd,
        Optional<Integer> memoryMb,
        Optional<Long> timeoutMs,
        TaskIsolation isolation,
        Optional<Integer> outputMaxMb) {

    private static final int OUTPUT_MB_MAX = 1024 * 1024;

    /** Checks a request by everything that the request alone can tell. */
    public static TaskSpec of(TaskRequest request) throws InvalidException {
        RequestProblems problems = new RequestProblems();
        request.name().ifPresent(problems::name);
        problems.command("command", request.command());
        problems.env(request.env());
        request.cwd().ifPresent(cwd -> problems.absolute("cwd", cwd));
        problems.range("memory_mb", request.memoryMb(), Limits.MEMORY_MB_MIN, Limits.MEMORY_MB_MAX, 0);
        problems.range("timeout_ms", request.timeoutMs(), 1, Long.MAX_VALUE / 1_000_000, 0);
        problems.range("output_max_mb", request.outputMaxMb(), 1, OUTPUT_MB_MAX, 0);
        problems.refuse(ErrorCode.TASK_INVALID);
        return new TaskSpec(
                request.name().orElse(""),
                request.command(),
                new TreeMap<>(request.env()),
                request.cwd(),
                request.memoryMb(),
                request.timeoutMs(),
                request.isolation().orElse(TaskIsolation.NONE),
                request.outputMaxMb());
    }
}
