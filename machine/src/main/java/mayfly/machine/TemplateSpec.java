package mayfly.machine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What a template is made from.
 *
 * @param name for people: function name and version, shows in process lists and errors
 * @param runtime which agent runs in the machine
 * @param handler "module.function" for Python and Node; "stdio" or "frames" for native programs
 * @param code directory with the function's files; the machine sees it read-only as /app
 * @param env the handler's whole environment besides PATH, HOME, LANG and MAYFLY_*
 * @param memoryBytes limit of one machine
 * @param machinesMax how many machines of this template may exist at once; sizes the sandbox's shared limits
 * @param reusable whether a machine will be given more than one unit of work
 * @param initTimeout after which a template that does not reach its waiting point is killed
 */
public record TemplateSpec(
        String name,
        GuestRuntime runtime,
        String handler,
        Path code,
        Map<String, String> env,
        long memoryBytes,
        int machinesMax,
        boolean reusable,
        Duration initTimeout) {
    public TemplateSpec {
        env = Map.copyOf(env);
    }
}
