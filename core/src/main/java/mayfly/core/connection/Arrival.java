package mayfly.core.connection;

/**
 * A client's connection as it was accepted.
 *
 * @param number counted by the service; never used twice in one
 * @param peer who connected, for people
 * @param atNanos when it was accepted
 * @param deadlineNanos until when it may wait for a machine
 */
public record Arrival(long number, String peer, long atNanos, long deadlineNanos) {}
