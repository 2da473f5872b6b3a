package mayfly.actors;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import mayfly.base.Clock;
import mayfly.core.Step;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEffect;
import mayfly.core.actor.ActorEvent;
import mayfly.core.actor.Actors;
import mayfly.core.runner.Runner;
import mayfly.core.runner.RunnerEffect;
import mayfly.core.runner.RunnerEvent;
import mayfly.core.runner.Runners;
import mayfly.core.runnerpool.RunnerPool;
import mayfly.core.runnerpool.RunnerPoolEffect;
import mayfly.core.runnerpool.RunnerPoolEvent;
import mayfly.core.runnerpool.RunnerPoolSpec;

/**
 * What an engine runs on: time, threads, chance and decisions. A node has the machine's; a simulation has its own time, one
 * thread and chance from a seed, and now and then a decider with a planted bug.
 */
record Machinery(
        Timers timers,
        Executor executor,
        RandomGenerator random,
        Deciders deciders,
        Starters starters,
        ProgramHost programs) {
    /** The machine's clock and threads. */
    static Machinery system(Clock clock, EngineTimes times, ProgramHost programs) {
        return new Machinery(
                new SystemTimers(clock),
                Executors.newThreadPerTaskExecutor(Thread.ofVirtual()
                        .name("actor")
                        .inheritInheritableThreadLocals(false)
                        .factory()),
                new ThreadRandom(),
                Deciders.of(times),
                (engine, pool, config) -> engine.onDemand().starter(pool, config),
                programs);
    }

    /** Who decides about each lifecycle. */
    record Deciders(
            BiFunction<Actor, ActorEvent, Step<Actor, ActorEffect>> actor,
            BiFunction<Runner, RunnerEvent, Step<Runner, RunnerEffect>> runner,
            BiFunction<RunnerPoolSpec, RandomGenerator, Function<RunnerPoolEvent, List<RunnerPoolEffect>>> pool) {
        static Deciders of(EngineTimes times) {
            return new Deciders(
                    new Actors(times.actor())::step,
                    new Runners(times.runner())::step,
                    (spec, random) -> new RunnerPool(spec, random)::step);
        }
    }

    /** Who makes the runners of a pool appear. */
    @FunctionalInterface
    interface Starters {
        RunnerStarter of(ActorEngine engine, PoolName pool, PoolConfig config);
    }

    /** Chance for whichever thread asks. */
    private static final class ThreadRandom implements RandomGenerator {
        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }
    }
}
