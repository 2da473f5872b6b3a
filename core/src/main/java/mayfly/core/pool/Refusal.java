package mayfly.core.pool;

/** Why a ticket gets no machine. */
public sealed interface Refusal {
    /** As many callers wait as may. */
    record QueueFull() implements Refusal {}

    /** No machine came free in time. */
    record DeadlinePassed() implements Refusal {}

    /** The caller gave up while it waited. */
    record Cancelled() implements Refusal {}

    /** The pool takes no more calls. */
    record Draining() implements Refusal {}

    /** The host cannot give a machine now, and none exists that could come free. */
    record NoCapacity(String reason) implements Refusal {}

    /** The user's code cannot be loaded. */
    record CreateFailed(String reason) implements Refusal {}
}
