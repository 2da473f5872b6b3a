package mayfly.actors;

import java.util.Map;

/**
 * What an endpoint says of itself.
 *
 * @param runnerVersion -1 when it does not say
 * @param actorNames with their metadata as JSON
 */
public record EndpointMetadata(String runtime, String version, long runnerVersion, Map<String, String> actorNames) {}
