package mayfly.core.actor;

import java.util.OptionalLong;
import mayfly.base.RunnerId;

/** What an actor can be told. */
public sealed interface ActorEvent {
    /** Wall-clock milliseconds at which the shell made the event. */
    long nowMillis();

    /** Somebody waits for it. */
    record Wake(long nowMillis) implements ActorEvent {}

    /** The time that {@link Actor#dueMillis} named has come, or any other time has. */
    record Tick(long nowMillis) implements ActorEvent {}

    /** Its pool has a slot for this generation. */
    record Granted(long generation, RunnerId runner, long nowMillis) implements ActorEvent {}

    /** Its pool has none, and nobody who could make one. */
    record Refused(long generation, long nowMillis) implements ActorEvent {}

    /** The runner speaks of a generation; {@code index} counts its events from 0, and old ones may come again. */
    record Told(RunnerId runner, long generation, long index, News news, long nowMillis) implements ActorEvent {}

    /** The runner goes away and must give up all its actors. */
    record GoingAway(RunnerId runner, long generation, long nowMillis) implements ActorEvent {}

    /** The runner is gone, or did not give the actor up in time; whatever ran there counts as ended. */
    record Lost(RunnerId runner, long generation, Loss loss, long nowMillis) implements ActorEvent {}

    /** A user asks that it sleeps now. */
    record SleepAsked(long nowMillis) implements ActorEvent {}

    /** A user asks that it starts anew, on another runner if there is one, without waiting for a pause to end. */
    record RescheduleAsked(long nowMillis) implements ActorEvent {}

    /** A user destroys it. */
    record DestroyAsked(long nowMillis) implements ActorEvent {}

    /** What it kept is gone. */
    record Purged(long nowMillis) implements ActorEvent {}

    /** What a runner says about an actor. */
    sealed interface News {}

    record Runs() implements News {}

    /**
     * It has ended.
     *
     * @param clean false for an error; some clients say so after every sleep
     */
    record Stopped(boolean clean, String message) implements News {}

    record WantsSleep() implements News {}

    record WantsEnd() implements News {}

    /** Empty to take the alarm back. */
    record SetsAlarm(OptionalLong atMillis) implements News {}

    /** How a runner was lost. */
    enum Loss {
        CONNECTION,
        DRAINING
    }
}
