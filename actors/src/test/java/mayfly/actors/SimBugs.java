package mayfly.actors;

import mayfly.actors.Machinery.Deciders;
import mayfly.core.actor.Actors;
import mayfly.core.runner.Runners;
import mayfly.core.runnerpool.RunnerPool;

/** Puts bugs around the deciders of a node, or none. */
interface SimBugs {
    SimBugs NONE = new SimBugs() {};

    /** The real ones, and the pools kept where the referee finds them. */
    default Deciders real(SimNode node) {
        return new Deciders(
                new Actors(SimWorld.TIMES.actor())::step,
                new Runners(SimWorld.TIMES.runner())::step,
                (spec, random) -> {
                    RunnerPool pool = new RunnerPool(spec, random);
                    node.pools.put("pool" + node.pools.size(), pool);
                    return pool::step;
                });
    }

    default Deciders deciders(SimNode node) {
        return real(node);
    }

    /** Whether the disk says that it has written this version of an actor, and has not. */
    default boolean losesWrite(long revision) {
        return false;
    }

    /** Whether the disk lists the alarms that are due. */
    default boolean listsAlarms() {
        return true;
    }

    /** Whether no command to stop arrives at a process. */
    default boolean losesStops() {
        return false;
    }

    /** Whether held requests hear of time. */
    default boolean requestsTick() {
        return true;
    }
}
