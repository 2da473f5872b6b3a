package mayfly.core.pool;

/** A caller without a machine yet. */
public record Waiter(Ticket ticket, long sinceNanos, long deadlineNanos) {}
