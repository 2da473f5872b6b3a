package mayfly.actors;

import java.util.OptionalLong;
import mayfly.core.actor.ActorEvent;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.StopCode;

/** What a runner says of an actor, from the wire's words to the decider's. Pure. */
final class News {
    /** What is kept of the message of a program that failed. */
    private static final int MESSAGE_CHARS_MAX = 2_000;

    /** An alarm further away never fires while times are kept (year 2262). */
    private static final long ALARM_MILLIS_MAX = 9_000_000_000_000L;

    private News() {}

    static ActorEvent.News of(Event event) {
        return switch (event) {
            case Event.Intent(var intent) ->
                switch (intent) {
                    case SLEEP -> new ActorEvent.WantsSleep();
                    case STOP -> new ActorEvent.WantsEnd();
                };
            case Event.StateUpdate(var state) ->
                switch (state) {
                    case ActorState.Running _ -> new ActorEvent.Runs();
                    case ActorState.Stopped(var code, var message) ->
                        new ActorEvent.Stopped(code == StopCode.OK, cut(message.orElse("the actor stopped")));
                };
            case Event.SetAlarm(var at) -> new ActorEvent.SetsAlarm(alarm(at));
        };
    }

    private static OptionalLong alarm(OptionalLong at) {
        return at.isPresent() ? OptionalLong.of(Math.clamp(at.getAsLong(), 0, ALARM_MILLIS_MAX)) : at;
    }

    private static String cut(String message) {
        return message.length() <= MESSAGE_CHARS_MAX ? message : message.substring(0, MESSAGE_CHARS_MAX) + "...";
    }
}
