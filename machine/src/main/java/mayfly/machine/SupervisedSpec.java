package mayfly.machine;

import java.util.List;
import java.util.Map;
import java.util.Optional;

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
 * @param sandbox how it is shut in; empty when it runs as the node's own user with all that this user can see
 */
public record SupervisedSpec(
        List<String> argv,
        Map<String, String> env,
        String cwd,
        long memoryBytes,
        long timeoutMillis,
        long graceMillis,
        long outputBytesMax,
        Optional<Sandbox> sandbox) {
    /** What {@code graceMillis} is when nobody says. */
    public static final long GRACE_MILLIS_DEFAULT = 5_000;

    public SupervisedSpec {
        argv = List.copyOf(argv);
        env = Map.copyOf(env);
    }

    /** A command without sandbox and without limits. */
    public static SupervisedSpec unsandboxed(List<String> argv, Map<String, String> env, String cwd) {
        return new SupervisedSpec(argv, env, cwd, 0, 0, GRACE_MILLIS_DEFAULT, 0, Optional.empty());
    }
}
