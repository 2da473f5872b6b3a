package mayfly.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pool's definition, as Rivet's interface answers.
 *
 * @param datacenters there is one, named "default"
 */
public record PoolAnswer(Map<String, Definition> datacenters) {
    /** One of the three is there. */
    public record Definition(
            Optional<JsonValue> normal,
            Optional<Serverless> serverless,
            Optional<Hosted> hosted,
            Optional<JsonValue> runnerPoolError) {}

    /** Runners that an endpoint makes appear. */
    public record Serverless(
            String url, Optional<Integer> slotsPerRunner, Optional<Integer> minRunners, Optional<Integer> maxRunners) {}

    /** Runners that the node starts. */
    public record Hosted(
            List<String> command,
            Optional<Integer> slotsPerRunner,
            Optional<Integer> minRunners,
            Optional<Integer> maxRunners) {}
}
