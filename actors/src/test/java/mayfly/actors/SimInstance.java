package mayfly.actors;

import java.util.ArrayList;
import java.util.List;
import mayfly.runner.protocol.EventWrapper;

/** An actor that lives in a simulated process. */
final class SimInstance {
    final String actor;
    final long generation;
    final List<EventWrapper> history = new ArrayList<>();
    long events;
    boolean stopping;
    int requests;
    boolean over;
    /** It does not say what it is asked in the time that anybody gives it. */
    boolean slow;

    SimInstance(String actor, long generation) {
        this.actor = actor;
        this.generation = generation;
    }

    @Override
    public String toString() {
        return actor.substring(20) + " generation " + generation;
    }
}
