package mayfly.runner.protocol;

import java.util.OptionalLong;

/**
 * What a runner has to know of its engine; all in milliseconds.
 *
 * @param runnerLostThreshold without a connection for so long, a runner's actors are given to others
 * @param actorStopThreshold an actor may take so long to stop
 * @param serverlessDrainGracePeriod what a serverless runner gets to drain, if the engine says
 */
public record ProtocolMetadata(
        long runnerLostThreshold, long actorStopThreshold, OptionalLong serverlessDrainGracePeriod) {}
