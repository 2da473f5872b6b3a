package mayfly.node;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How one node behaves; validated by whoever read the configuration.
 *
 * @param data the node's directory; code is unpacked below it
 * @param isolationLeast "none", "reduced" or "full": what a driver must give at least to be used, see HostReport
 * @param machinesMax machines of all functions together
 * @param idleAfter without calls, after which a function's spare machines, and then its template, are closed
 * @param healthEvery how often unused machines and templates are asked whether they still answer
 * @param machineAgeMax after which an unused machine is replaced
 * @param machineUsesMax calls that a machine with {@code reuse = warm} serves before it is replaced
 * @param initTimeout for loading a function's code
 * @param keepInvocations how long records of ended invocations are kept
 * @param drainTimeout how long a stopping node waits for calls in flight
 */
public record NodeSpec(
        Path data,
        String isolationLeast,
        int machinesMax,
        Duration idleAfter,
        Duration healthEvery,
        Duration machineAgeMax,
        int machineUsesMax,
        Duration initTimeout,
        Duration keepInvocations,
        Duration drainTimeout) {

    /** What a node does when nothing is configured. */
    public static NodeSpec defaults(Path data) {
        return new NodeSpec(
                data,
                "none",
                512,
                Duration.ofMinutes(10),
                Duration.ofSeconds(30),
                Duration.ofHours(1),
                100_000,
                Duration.ofSeconds(30),
                Duration.ofDays(7),
                Duration.ofSeconds(20));
    }
}
