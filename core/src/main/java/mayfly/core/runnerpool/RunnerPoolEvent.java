package mayfly.core.runnerpool;

import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;

/**
 * What a runner pool can be told.
 *
 * <p>A claim is an actor's generation. It begins with Ask or Occupied and ends with Release, or with the pool's Refuse; a
 * repeated beginning and an end without one change nothing. A connection's number is the pool's own; after
 * {@link RunnerPoolEffect.OpenConnection} the shell tells Up at most once, then Failed or Ended exactly once. Every runner
 * that the pool hears of is one that the shell knows, and is Retired in the end; nothing of it comes after that.
 */
public sealed interface RunnerPoolEvent {
    /** When the shell made the event. */
    long nowMillis();

    /**
     * The pool is to be different from now on; a deleted one is normal and renewed.
     *
     * @param renew whether the connections that exist are of no use any more
     */
    record Configured(RunnerPoolSpec spec, boolean renew, long nowMillis) implements RunnerPoolEvent {}

    /**
     * An actor wants a slot.
     *
     * @param mayWait false when it would rather sleep than wait for a runner that nobody starts
     */
    record Ask(ActorId actor, long generation, boolean mayWait, long nowMillis) implements RunnerPoolEvent {}

    /** The actor is on no runner any more, or does not want to be. */
    record Release(ActorId actor, long generation, long nowMillis) implements RunnerPoolEvent {}

    /** After a restart: the actor has a slot of the runner, which may be offered before or after this. */
    record Occupied(ActorId actor, long generation, RunnerId runner, long nowMillis) implements RunnerPoolEvent {}

    /** Actors may be placed on the runner; told again when version or slots changed. */
    record Offered(RunnerId runner, int version, int slots, long nowMillis) implements RunnerPoolEvent {}

    /** No actor may be placed on the runner until it is offered again; those that it has keep their slots. */
    record Withheld(RunnerId runner, long nowMillis) implements RunnerPoolEvent {}

    /** No actor is placed on the runner ever again. */
    record Retired(RunnerId runner, long nowMillis) implements RunnerPoolEvent {}

    /** After a restart: a connection is there already (a hosted program outlives the node). */
    record ConnectionFound(long number, Optional<RunnerId> runner, long openedMillis, long nowMillis)
            implements RunnerPoolEvent {}

    /** The connection's runner is known. It may have been offered before. */
    record ConnectionUp(long number, RunnerId runner, long nowMillis) implements RunnerPoolEvent {}

    /** The connection ended before its runner was known. */
    record ConnectionFailed(long number, PoolError error, long nowMillis) implements RunnerPoolEvent {}

    /** The connection ended. */
    record ConnectionEnded(long number, long nowMillis) implements RunnerPoolEvent {}

    /** Time passed. Early, late and repeated ticks do no harm. */
    record Tick(long nowMillis) implements RunnerPoolEvent {}
}
