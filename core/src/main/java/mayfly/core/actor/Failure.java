package mayfly.core.actor;

import mayfly.base.RunnerId;

/** Why an actor does not run although it should: the last failure, kept until a generation has come up again. */
public sealed interface Failure {
    /** The program reported an error, or ended when it was not asked to. */
    record Crashed(String message) implements Failure {}

    /** The runner did not say that it runs in time. */
    record NoResponse(RunnerId runner) implements Failure {}

    /** The runner's connection was lost and did not come back in time. */
    record ConnectionLost(RunnerId runner) implements Failure {}

    /** The runner was drained and the actor did not stop in the time that a drain gives. */
    record DrainingTimeout(RunnerId runner) implements Failure {}

    /** Nobody had room for it in time. */
    record NoCapacity() implements Failure {}
}
