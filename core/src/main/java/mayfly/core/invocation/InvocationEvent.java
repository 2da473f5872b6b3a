package mayfly.core.invocation;

import mayfly.core.pool.PoolEffect.Start;

/** What an invocation can be told. {@code run} repeats the number of the {@link InvocationEffect.Run} that it is about. */
public sealed interface InvocationEvent {
    long nowMillis();

    /** The run has its machine. */
    record Started(int run, String machine, Start start, long nowMillis) implements InvocationEvent {}

    record Returned(int run, long nowMillis) implements InvocationEvent {}

    record Raised(int run, long nowMillis) implements InvocationEvent {}

    record TimedOut(int run, long nowMillis) implements InvocationEvent {}

    /** The machine died, and whether the handler had run is not known. */
    record Crashed(int run, String reason, long nowMillis) implements InvocationEvent {}

    /** The machine was gone before the work reached it. */
    record NotStarted(int run, String reason, long nowMillis) implements InvocationEvent {}

    /** The pool gave no machine. */
    record Refused(int run, Hindrance hindrance, String reason, long nowMillis) implements InvocationEvent {}

    /** Answers {@link InvocationEffect.RetryAt}. */
    record RetryDue(int run, long nowMillis) implements InvocationEvent {}

    /** The caller went away, or somebody asked for it. */
    record CancelRequested(long nowMillis) implements InvocationEvent {}

    /** The record that held the effects after it could not be written; those effects were dropped. */
    record RecordFailed(String reason, long nowMillis) implements InvocationEvent {}

    /** Why a pool gave no machine. */
    enum Hindrance {
        /** As many calls run and wait as may. */
        THROTTLED,
        /** The host cannot give a machine. */
        NO_CAPACITY,
        /** The version is being replaced or the node stops. */
        DRAINING,
        /** The code cannot be loaded. */
        INIT_FAILED,
        /** The store cannot tell which version serves the call now. */
        STORE_FAILED,
        /** There is no such function any more. */
        FUNCTION_GONE
    }
}
