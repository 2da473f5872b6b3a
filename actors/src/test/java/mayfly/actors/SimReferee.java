package mayfly.actors;

import static mayfly.actors.SimRule.require;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import mayfly.core.actor.Actor;

/** Judges from what processes, requests and the disk show; it does not look into the engine's decisions. */
final class SimReferee {
    /** Without a socket a client stops its actors by itself after 15 s; a hung one when it goes on. */
    private static final long OLD_ENDS_MILLIS = 20_000;

    private record Generation(String actor, long number) {}

    private final SimWorld world;
    private final Map<SimInstance, SimProcess> living = new LinkedHashMap<>();
    private final Map<Generation, String> runnerOf = new HashMap<>();
    private final Map<String, Long> newest = new HashMap<>();

    SimReferee(SimWorld world) {
        this.world = world;
    }

    /** The process is about to start it. */
    void started(SimProcess process, SimInstance instance) {
        world.tell(process.key + " starts " + instance);
        boolean gone = world.state(instance.actor) instanceof Actor.Destroyed;
        require(!gone || !process.isWell(), SimRule.DESTROYED, instance + " on " + process);
        String runner = process.runnerId().orElseThrow();
        String elsewhere = runnerOf.putIfAbsent(new Generation(instance.actor, instance.generation), runner);
        require(elsewhere == null || elsewhere.equals(runner), SimRule.ONE_RUNNER, instance + " on " + process);
        long before = newest.merge(instance.actor, instance.generation, Math::max);
        // what was on its way to a runner that was given up meanwhile still arrives
        require(before <= instance.generation || !process.isWell(), SimRule.NEVER_BACK, instance + " after " + before);
        if (before > instance.generation) {
            mustEnd(instance, process);
        }
        for (Map.Entry<SimInstance, SimProcess> entry : living.entrySet()) {
            SimInstance other = entry.getKey();
            if (other.actor.equals(instance.actor)) {
                require(other.generation != instance.generation, SimRule.ONE_INSTANCE, instance + " on " + process);
                SimInstance old = other.generation < instance.generation ? other : instance;
                SimProcess where = other.generation < instance.generation ? entry.getValue() : process;
                require(
                        !where.isWell() || old.slow,
                        SimRule.ONE_ACTOR,
                        instance + " on " + process + " beside " + entry);
                mustEnd(old, where);
            }
        }
        living.put(instance, process);
    }

    private void mustEnd(SimInstance old, SimProcess process) {
        long patience = OLD_ENDS_MILLIS + SimWorld.HANG_MILLIS_MAX;
        world.agenda().in(patience, () -> {
            // one that is slow to stop has been told to, and will
            world.agenda().in(old.slow ? SimProcess.SLOW_MILLIS_MAX : 0, () -> {
                require(old.over, SimRule.OLD_ONES_END, old + " on " + process);
            });
        });
    }

    void ended(SimProcess process, SimInstance instance) {
        world.tell(process.key + " ends " + instance);
        living.remove(instance);
    }

    int living() {
        return living.size();
    }

    /** A while after the last trouble: what lives is what the disk says, and nothing else. */
    void judgeInstances() {
        for (Map.Entry<SimInstance, SimProcess> entry : living.entrySet()) {
            SimInstance instance = entry.getKey();
            Actor state = world.state(instance.actor);
            boolean placed = state instanceof Actor.Placed it
                    && it.place().generation() == instance.generation
                    && it.place()
                            .runner()
                            .value()
                            .equals(runnerOf.get(new Generation(instance.actor, instance.generation)));
            require(placed, SimRule.NO_ZOMBIE, instance + " on " + entry.getValue() + ", which is " + state);
        }
    }
}
