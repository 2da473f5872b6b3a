package mayfly.actors;

import java.time.Duration;
import mayfly.core.actor.ActorTimes;
import mayfly.core.runner.RunnerTimes;

/**
 * How patient the engine is.
 *
 * @param actor with starts, stops and full pools
 * @param runner with silent and absent runners
 * @param drainGrace with the actors of a runner that goes away
 * @param pingEvery between pings to a runner
 * @param init with a new connection that has not said who it is
 */
public record EngineTimes(
        ActorTimes actor, RunnerTimes runner, Duration drainGrace, Duration pingEvery, Duration init) {
    /** Rivet's own, except that a runner that somebody waits for is given up sooner. */
    public static final EngineTimes DEFAULT = new EngineTimes(
            ActorTimes.DEFAULT,
            RunnerTimes.STANDARD,
            Duration.ofSeconds(10),
            Duration.ofSeconds(3),
            Duration.ofSeconds(5));
}
