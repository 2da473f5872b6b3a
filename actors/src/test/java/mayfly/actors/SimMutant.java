package mayfly.actors;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import mayfly.actors.Machinery.Deciders;
import mayfly.core.Step;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEffect;
import mayfly.core.actor.ActorEvent;
import mayfly.core.actor.Life;
import mayfly.core.runner.Runner;
import mayfly.core.runner.RunnerEffect;
import mayfly.core.runner.RunnerEnd;
import mayfly.core.runner.RunnerEvent;
import mayfly.core.runnerpool.RunnerPoolEffect;
import mayfly.core.runnerpool.RunnerPoolEvent;

/** Bugs, each the real engine with some of its decisions, its disk or its requests spoilt. */
enum SimMutant implements SimBugs {
    /** Who calls an actor while it stops is forgotten, and nobody hears that it has stopped. */
    FORGETS_WHO_CALLED_WHILE_IT_STOPPED {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(
                    node,
                    real -> (actor, event) -> actor instanceof Actor.Stopping && event instanceof ActorEvent.Wake
                            ? Step.stay(actor)
                            : without(real.apply(actor, event), ActorEffect.TellStopped.class::isInstance));
        }
    },
    DOES_NOT_WAIT_FOR_THE_STOP {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(node, real -> (actor, event) -> {
                Step<Actor, ActorEffect> step = real.apply(actor, event);
                if (step.state() instanceof Actor.Stopping it && !(actor instanceof Actor.Stopping)) {
                    ActorEvent.Told stopped = new ActorEvent.Told(
                            it.place().runner(),
                            it.place().generation(),
                            it.place().lastEvent() + 1,
                            new ActorEvent.Stopped(true, ""),
                            event.nowMillis());
                    Step<Actor, ActorEffect> next = real.apply(it, stopped);
                    return new Step<>(next.state(), plus(step.effects(), next.effects()));
                }
                return step;
            });
        }
    },
    NEVER_SAYS_STOP {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(
                    node,
                    real -> (actor, event) ->
                            without(real.apply(actor, event), ActorEffect.SendStop.class::isInstance));
        }
    },
    KEEPS_THE_SLOT {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(
                    node,
                    real -> (actor, event) -> without(
                            real.apply(actor, event),
                            effect -> effect instanceof ActorEffect.Release(var generation) && generation % 4 == 3));
        }
    },
    ALARMS_ARE_NOT_HEARD {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(
                    node,
                    real -> (actor, event) -> actor instanceof Actor.Sleeping && event instanceof ActorEvent.Tick
                            ? Step.stay(actor)
                            : real.apply(actor, event));
        }
    },
    READY_IS_A_SECRET {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(
                    node,
                    real -> (actor, event) ->
                            without(real.apply(actor, event), ActorEffect.TellReady.class::isInstance));
        }
    },
    STARTS_TWICE {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(node, real -> (actor, event) -> {
                Step<Actor, ActorEffect> step = real.apply(actor, event);
                List<ActorEffect> starts = step.effects().stream()
                        .filter(ActorEffect.SendStart.class::isInstance)
                        .toList();
                return new Step<>(step.state(), plus(step.effects(), starts));
            });
        }
    },
    /** A start that was lost is tried elsewhere as if it had never been. */
    STARTS_ELSEWHERE_UNDER_THE_SAME_NUMBER {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(node, real -> (actor, event) -> {
                if (actor instanceof Actor.Placed it
                        && event instanceof ActorEvent.Lost lost
                        && it.place().generation() == lost.generation()
                        && !(actor instanceof Actor.Destroying)) {
                    long generation = lost.generation();
                    return new Step<>(
                            new Actor.Pending(it.life(), lost.nowMillis(), OptionalLong.empty()),
                            List.of(
                                    new ActorEffect.Release(generation),
                                    new ActorEffect.TellStopped(generation),
                                    new ActorEffect.Ask(generation, true)));
                }
                return real.apply(actor, event);
            });
        }
    },
    DESTROYED_ACTORS_RUN_AGAIN {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(node, real -> (actor, event) -> {
                if (actor instanceof Actor.Destroyed it && event instanceof ActorEvent.Purged) {
                    Life next = numbered(it.life(), it.life().generation() + 1);
                    return new Step<>(
                            new Actor.Pending(next, event.nowMillis(), OptionalLong.empty()),
                            List.of(new ActorEffect.Ask(next.generation(), true)));
                }
                return real.apply(actor, event);
            });
        }
    },
    ACTORS_OF_A_LOST_RUNNER_DO_NOT_HEAR_OF_IT {
        @Override
        public Deciders deciders(SimNode node) {
            Deciders real = real(node);
            return new Deciders(
                    real.actor(),
                    (runner, event) ->
                            without(real.runner().apply(runner, event), RunnerEffect.LoseActors.class::isInstance),
                    real.pool());
        }
    },
    /**
     * A runner that is away loses its actors at once, though its process may come back with them under the same id, and
     * does not hear that they are to stop.
     */
    GIVES_UP_WHO_MAY_COME_BACK {
        @Override
        public boolean losesStops() {
            return true;
        }

        @Override
        public Deciders deciders(SimNode node) {
            Deciders real = real(node);
            return new Deciders(
                    real.actor(),
                    (runner, event) -> {
                        Step<Runner, RunnerEffect> step = real.runner().apply(runner, event);
                        return event instanceof RunnerEvent.Detached
                                        && !step.effects().isEmpty()
                                ? new Step<>(
                                        step.state(),
                                        plus(
                                                step.effects(),
                                                List.of(new RunnerEffect.LoseActors(RunnerEnd.DISCONNECTED))))
                                : step;
                    },
                    real.pool());
        }
    },
    A_POOL_LOSES_RELEASES {
        @Override
        public Deciders deciders(SimNode node) {
            return pools(
                    node,
                    step -> event -> event instanceof RunnerPoolEvent.Release it && it.generation() % 4 == 3
                            ? List.of()
                            : step.apply(event));
        }
    },
    A_POOL_LOSES_GRANTS {
        @Override
        public Deciders deciders(SimNode node) {
            return pools(
                    node,
                    step -> event -> step.apply(event).stream()
                            .filter(effect ->
                                    !(effect instanceof RunnerPoolEffect.Grant it && it.generation() % 5 == 4))
                            .toList());
        }
    },
    A_POOL_HEARS_OF_NO_END {
        @Override
        public Deciders deciders(SimNode node) {
            return pools(
                    node,
                    step -> event -> event instanceof RunnerPoolEvent.ConnectionEnded ? List.of() : step.apply(event));
        }
    },
    COUNTS_BACKWARDS {
        @Override
        public Deciders deciders(SimNode node) {
            return actors(node, real -> (actor, event) -> {
                Step<Actor, ActorEffect> step = real.apply(actor, event);
                if (actor instanceof Actor.Sleeping
                        && step.state() instanceof Actor.Pending it
                        && it.life().generation() % 4 == 3) {
                    Life back = numbered(it.life(), it.life().generation() - 2);
                    return new Step<>(
                            new Actor.Pending(back, it.sinceMillis(), it.deadlineMillis()),
                            List.of(new ActorEffect.Ask(back.generation(), true)));
                }
                return step;
            });
        }
    },
    A_SOCKET_LOSES_STOPS {
        @Override
        public boolean losesStops() {
            return true;
        }
    },
    A_DISK_LISTS_NO_ALARMS {
        @Override
        public boolean listsAlarms() {
            return false;
        }
    },
    A_DISK_LOSES_WRITES {
        @Override
        public boolean losesWrite(long revision) {
            return revision % 3 == 1;
        }
    },
    A_DISK_LOSES_ACTORS {
        @Override
        public boolean losesWrite(long revision) {
            return revision == 0;
        }
    },
    REQUESTS_HAVE_NO_CLOCK {
        @Override
        public boolean requestsTick() {
            return false;
        }
    };

    Deciders actors(
            SimNode node,
            Function<
                            BiFunction<Actor, ActorEvent, Step<Actor, ActorEffect>>,
                            BiFunction<Actor, ActorEvent, Step<Actor, ActorEffect>>>
                    bug) {
        Deciders real = real(node);
        return new Deciders(bug.apply(real.actor()), real.runner(), real.pool());
    }

    Deciders pools(
            SimNode node,
            Function<
                            Function<RunnerPoolEvent, List<RunnerPoolEffect>>,
                            Function<RunnerPoolEvent, List<RunnerPoolEffect>>>
                    bug) {
        Deciders real = real(node);
        return new Deciders(
                real.actor(),
                real.runner(),
                (spec, random) -> bug.apply(real.pool().apply(spec, random)));
    }

    private static Life numbered(Life life, long generation) {
        return new Life(
                life.crashPolicy(), generation, life.alarmMillis(), life.startedMillis(), life.retry(), life.failure());
    }

    private static <S, F> Step<S, F> without(Step<S, F> step, Predicate<F> unwanted) {
        return new Step<>(
                step.state(), step.effects().stream().filter(unwanted.negate()).toList());
    }

    private static <F> List<F> plus(List<F> first, List<F> more) {
        List<F> all = new ArrayList<>(first);
        all.addAll(more);
        return all;
    }
}
