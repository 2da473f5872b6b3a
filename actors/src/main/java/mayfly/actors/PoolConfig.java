package mayfly.actors;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.JsonValue;
import mayfly.core.runnerpool.RunnerPoolSpec;

/**
 * How the runners of a pool come to be: by themselves (normal), by requests to an endpoint (serverless), or as programs
 * that Mayfly starts (hosted). The names of the fields are the wire's, and the stored text is the same JSON; exactly one
 * of the three is there. {@link PoolConfigs#check} says what is wrong with one.
 *
 * @param metadata the user's own
 * @param drainOnVersionUpgrade whether runners of lower versions are drained when one of a higher connects
 */
public record PoolConfig(
        Optional<Normal> normal,
        Optional<Serverless> serverless,
        Optional<Hosted> hosted,
        Optional<JsonValue> metadata,
        Optional<Boolean> drainOnVersionUpgrade) {

    /** Runners that connect by themselves. */
    public record Normal() {}

    /**
     * Runners that an endpoint makes appear: {@code GET url/start} is answered by a stream of events that lasts as long as
     * the runner.
     *
     * @param url http or https, without a trailing slash
     * @param headers sent with every request
     * @param requestLifespan seconds that one stream may last, drain included
     * @param drainGracePeriod taken and shown; as with Rivet's engine the node's own grace counts for runners
     * @param metadataPollInterval milliseconds between looks at {@code url/metadata}
     */
    public record Serverless(
            String url,
            Optional<Map<String, String>> headers,
            int requestLifespan,
            Optional<Integer> slotsPerRunner,
            Optional<Integer> minRunners,
            Optional<Integer> maxRunners,
            Optional<Integer> runnersMargin,
            Optional<Integer> drainGracePeriod,
            Optional<Long> metadataPollInterval,
            Optional<Integer> maxConcurrentActors,
            Optional<Integer> actorEvictionDelay,
            Optional<Integer> actorEvictionPeriod) {}

    /**
     * Runners that Mayfly starts as tasks on demand and ends when they have no actors. The program finds endpoint,
     * namespace, pool and token in its environment ({@code RIVET_ENDPOINT} and so on).
     *
     * @param command the program and its arguments
     * @param directory its working directory, absolute
     * @param idleSeconds how long one that is not needed is kept
     */
    public record Hosted(
            List<String> command,
            Optional<Map<String, String>> env,
            Optional<String> directory,
            Optional<Integer> slotsPerRunner,
            Optional<Integer> minRunners,
            Optional<Integer> maxRunners,
            Optional<Integer> runnersMargin,
            Optional<Integer> drainGracePeriod,
            Optional<Integer> idleSeconds) {}

    /** What a pool is before anybody says otherwise: its runners connect by themselves. */
    public static final PoolConfig NORMAL = new PoolConfig(
            Optional.of(new Normal()), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(false));

    private static final int MAX_RUNNERS = 1_000;
    /** Runners of a hosted pool that does not say how many at most. */
    public static final int HOSTED_MAX_RUNNERS = 64;
    /** Actors for a runner of a hosted pool that does not say. */
    public static final int HOSTED_SLOTS = 100;
    /** How long a hosted pool that does not say keeps a runner without actors. */
    public static final int HOSTED_IDLE_SECONDS = 30;

    private static final long MILLIS = 1_000;

    /** @param graceMillis what a runner of this pool gets to drain, unless the definition says */
    RunnerPoolSpec spec(long graceMillis) {
        boolean upgrade = drainOnVersionUpgrade.orElse(true);
        if (serverless.isPresent()) {
            Serverless it = serverless.get();
            long lifespan = it.requestLifespan() * MILLIS;
            return new RunnerPoolSpec(
                    RunnerPoolSpec.Kind.SERVERLESS,
                    it.slotsPerRunner().orElse(1),
                    it.minRunners().orElse(0),
                    most(it.minRunners(), it.maxRunners(), MAX_RUNNERS),
                    it.runnersMargin().orElse(0),
                    lifespan,
                    Math.min(graceMillis, lifespan / 2),
                    0,
                    it.maxConcurrentActors().orElse(Integer.MAX_VALUE),
                    upgrade);
        }
        if (hosted.isPresent()) {
            Hosted it = hosted.get();
            return new RunnerPoolSpec(
                    RunnerPoolSpec.Kind.HOSTED,
                    it.slotsPerRunner().orElse(HOSTED_SLOTS),
                    it.minRunners().orElse(0),
                    most(it.minRunners(), it.maxRunners(), HOSTED_MAX_RUNNERS),
                    it.runnersMargin().orElse(0),
                    RunnerPoolSpec.UNLIMITED_MILLIS,
                    it.drainGracePeriod().map(seconds -> seconds * MILLIS).orElse(graceMillis),
                    it.idleSeconds().orElse(HOSTED_IDLE_SECONDS) * MILLIS,
                    Integer.MAX_VALUE,
                    upgrade);
        }
        return RunnerPoolSpec.normal(graceMillis, upgrade);
    }

    /** Who asks for more than the default at least, and names no most, gets that many. */
    private static int most(Optional<Integer> min, Optional<Integer> max, int byDefault) {
        return max.orElse(Math.max(min.orElse(0), byDefault));
    }
}
