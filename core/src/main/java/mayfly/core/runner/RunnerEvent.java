package mayfly.core.runner;

/** What a runner can be told. */
public sealed interface RunnerEvent {
    /** When the shell made the event. */
    long nowMillis();

    /** The runner has said who it is on a socket: its first, one after a cut, or one beside another. */
    record Attached(long session, int version, int slots, long nowMillis) implements RunnerEvent {}

    /** The runner answered a ping, or said anything else. */
    record Pong(long session, long nowMillis) implements RunnerEvent {}

    /** The session's socket is closed, by whomever. */
    record Detached(long session, long nowMillis) implements RunnerEvent {}

    /** The runner is to be left by its actors within the grace; 0 when it is known to be dead. */
    record DrainAsked(DrainCause cause, long graceMillis, long nowMillis) implements RunnerEvent {}

    /** Somebody waits for an actor that is on this runner. */
    record Wanted(long nowMillis) implements RunnerEvent {}

    /** No actor is on this runner; told when the last one left it, and after {@link RunnerEffect.TellGoingAway} if none is. */
    record Emptied(long nowMillis) implements RunnerEvent {}

    /** Time passed. Early, late and repeated ticks do no harm. */
    record Tick(long nowMillis) implements RunnerEvent {}
}
