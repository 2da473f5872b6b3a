package mayfly.machine;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a template of a service is made from: a server that knows nothing of us.
 *
 * @param name for people: service name and version, shows in process lists and errors
 * @param program path of the program, and its arguments
 * @param env its whole environment besides PATH, HOME, LANG and settings of malloc(3)
 * @param directory where it runs, as the machine sees it
 * @param reach what of the host it sees
 * @param shared whether one machine serves every connection, and keeps its state between them
 * @param port of the program's listener that gets the connections; 0: the first that it opened
 * @param warmup requests that the program serves before it is frozen, so that what it does only once is done
 * @param memoryBytes limit of one machine
 * @param machinesMax how many machines of this template may exist at once; of a shared one, places in its machine
 * @param initTimeout after which a program that does not wait for a connection is killed
 */
public record ServiceSpec(
        String name,
        List<String> program,
        Map<String, String> env,
        String directory,
        Reach reach,
        boolean shared,
        int port,
        int warmup,
        long memoryBytes,
        int machinesMax,
        Duration initTimeout) {
    public ServiceSpec {
        program = List.copyOf(program);
        env = Map.copyOf(env);
    }
}
