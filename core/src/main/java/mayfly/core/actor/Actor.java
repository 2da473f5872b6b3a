package mayfly.core.actor;

import java.util.OptionalLong;

/** The state of an actor. All times are wall-clock milliseconds, for they outlive the node. */
public sealed interface Actor {
    Life life();

    /** When its decider wants a {@link ActorEvent.Tick}; empty when time alone changes nothing. */
    default OptionalLong dueMillis() {
        return switch (this) {
            case Sleeping it -> it.life().alarmMillis();
            case Pending it -> it.deadlineMillis();
            case BackingOff it -> OptionalLong.of(it.untilMillis());
            case Starting it -> OptionalLong.of(it.deadlineMillis());
            case Stopping it -> OptionalLong.of(it.deadlineMillis());
            case Destroying it -> OptionalLong.of(it.deadlineMillis());
            case Running _, Destroyed _ -> OptionalLong.empty();
        };
    }

    /** On a runner, as far as anybody knows. */
    sealed interface Placed extends Actor {
        Place place();
    }

    /** Nowhere, until somebody calls it or its alarm is due. */
    record Sleeping(Life life, long sinceMillis) implements Actor {}

    /**
     * Has asked its pool for a slot on behalf of the life's generation.
     *
     * @param deadlineMillis when it gives up and sleeps again; none when it is to run whatever it takes
     */
    record Pending(Life life, long sinceMillis, OptionalLong deadlineMillis) implements Actor {}

    /** Failed repeatedly, and waits before it asks for a slot again. */
    record BackingOff(Life life, long sinceMillis, long untilMillis) implements Actor {}

    /** A runner was told to start it and has not said that it runs. */
    record Starting(Life life, Place place, long deadlineMillis) implements Placed {}

    /** The only state in which requests reach it. */
    record Running(Life life, Place place, long sinceMillis) implements Placed {}

    /**
     * Told to stop, and not known to have stopped. It may still write what it keeps.
     *
     * @param wake somebody called it meanwhile: it starts again as soon as it has stopped
     */
    record Stopping(Life life, Place place, Reason reason, boolean wake, long sinceMillis, long deadlineMillis)
            implements Placed {}

    /** Destroyed for everybody, its key free; its runner has yet to let go of it. */
    record Destroying(Life life, Place place, long sinceMillis, long deadlineMillis) implements Placed {}

    /**
     * Final.
     *
     * @param purged nothing of what it kept is left
     */
    record Destroyed(Life life, long atMillis, boolean purged) implements Actor {}

    /** Why an actor was told to stop. */
    enum Reason {
        /** It wants to sleep, or was asked to. */
        SLEEP,
        /** It wants to end for good. */
        END,
        /** Its runner goes away, or it is moved to another one: it starts anew elsewhere. */
        MOVE
    }
}
