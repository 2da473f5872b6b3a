package mayfly.machine;

import java.util.List;
import java.util.Map;

/**
 * A command to supervise.
 *
 * @param argv program and arguments; a program without a slash is looked up in env's PATH
 * @param env the whole environment
 * @param cwd absolute working directory
 * @param memoryBytes 0 for no limit
 * @param timeoutMillis after which it gets SIGTERM, and after the grace SIGKILL; 0 for none
 * @param graceMillis between SIGTERM and SIGKILL
 * @param outputBytesMax after which it is killed; 0 for the default
 * @param sandboxed whether it runs in the process sandbox
 */
public record SupervisedSpec(
        List<String> argv,
        Map<String, String> env,
        String cwd,
        long memoryBytes,
        long timeoutMillis,
        long graceMillis,
        long outputBytesMax,
        boolean sandboxed) {
    public SupervisedSpec {
        argv = List.copyOf(argv);
        env = Map.copyOf(env);
    }
}
