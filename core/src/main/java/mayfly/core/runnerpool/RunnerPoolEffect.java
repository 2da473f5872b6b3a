package mayfly.core.runnerpool;

import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.core.runner.DrainCause;

/** What a runner pool asks its shell to do, in order. */
public sealed interface RunnerPoolEffect {
    /** The actor's generation has a slot of the runner until it is released. */
    record Grant(ActorId actor, long generation, RunnerId runner) implements RunnerPoolEffect {}

    /** Nobody has a slot, and nobody is started who would; the claim has ended. */
    record Refuse(ActorId actor, long generation) implements RunnerPoolEffect {}

    /** Make a runner appear; answer ConnectionUp, ConnectionFailed or ConnectionEnded. */
    record OpenConnection(long number) implements RunnerPoolEffect {}

    /**
     * Let the connection's runner be left by its actors within the grace, then end the connection; at once when it has no
     * runner. Its ConnectionEnded or ConnectionFailed is still to come.
     */
    record DrainConnection(long number, Optional<RunnerId> runner, DrainCause cause, long graceMillis)
            implements RunnerPoolEffect {}

    /** Let the runner be left by its actors within the grace. It has no connection that is still open. */
    record DrainRunner(RunnerId runner, DrainCause cause, long graceMillis) implements RunnerPoolEffect {}

    /** The pool gets no runners, for this reason; whoever waits may be told. Repeated when the reason changes. */
    record Failing(PoolError error) implements RunnerPoolEffect {}

    /** The pool gets runners again. */
    record Recovered() implements RunnerPoolEffect {}

    /** Send a Tick at that time. Takes the place of the one that was asked for before. */
    record TickAt(long atMillis) implements RunnerPoolEffect {}
}
