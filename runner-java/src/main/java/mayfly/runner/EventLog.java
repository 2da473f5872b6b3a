package mayfly.runner;

import java.util.ArrayList;
import java.util.List;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;

/**
 * The events of one generation of an actor, numbered from 0, and which of them the engine may not have. Owned by
 * {@link Outbox}, under its lock. It stays short without the engine's help: a later alarm makes an earlier one pointless,
 * and everything else happens once.
 */
final class EventLog {
    private final String actorId;
    private final int generation;
    private final List<EventWrapper> unacked = new ArrayList<>();
    private long next;

    EventLog(String actorId, int generation) {
        this.actorId = actorId;
        this.generation = generation;
    }

    EventWrapper append(Event event) {
        if (event instanceof Event.SetAlarm) {
            unacked.removeIf(earlier -> earlier.inner() instanceof Event.SetAlarm);
        }
        EventWrapper wrapper = new EventWrapper(new ActorCheckpoint(actorId, generation, next++), event);
        unacked.add(wrapper);
        return wrapper;
    }

    /** The engine has what it names. */
    void ack(ActorCheckpoint checkpoint) {
        if (checkpoint.actorId().equals(actorId) && checkpoint.generation() == generation) {
            unacked.removeIf(event -> event.checkpoint().index() <= checkpoint.index());
        }
    }

    List<EventWrapper> unacked() {
        return unacked;
    }
}
