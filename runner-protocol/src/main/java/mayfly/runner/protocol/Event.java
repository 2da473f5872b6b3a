package mayfly.runner.protocol;

import java.util.OptionalLong;

/** What a runner reports of one actor. */
public sealed interface Event {
    /** The actor wants to be stopped. */
    record Intent(ActorIntent intent) implements Event {}

    /** The actor is now this. */
    record StateUpdate(ActorState state) implements Event {}

    /**
     * Wake the actor then, if it sleeps.
     *
     * @param alarmTs milliseconds since 1970; empty for no alarm
     */
    record SetAlarm(OptionalLong alarmTs) implements Event {}
}
