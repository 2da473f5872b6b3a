package mayfly.actors;

/**
 * How a runner's socket introduces itself.
 *
 * @param namespace by name
 * @param runnerKey its process's own name, by which it is known again
 * @param protocolVersion of the messages that it speaks
 */
public record RunnerHello(String namespace, String runnerKey, int protocolVersion) {}
