package mayfly.actors;

import java.util.Optional;

/**
 * How a runner's socket introduces itself.
 *
 * @param namespace by name
 * @param runnerKey its process's own name, by which it is known again
 * @param protocolVersion of the messages that it speaks
 * @param token what it showed, by which a program of this node is known
 */
public record RunnerHello(String namespace, String runnerKey, int protocolVersion, Optional<String> token) {}
