package mayfly.core.connection;

/**
 * How a connection ended.
 *
 * @param detail for people; "" when there is no more to say
 * @param received bytes that the program read
 * @param sent bytes that the program wrote
 * @param heldNanos how long it waited for its machine, or for nothing
 * @param servedNanos how long its machine had it; 0 without one
 */
public record Ending(End end, String detail, long received, long sent, long heldNanos, long servedNanos) {
    /** Why. */
    public enum End {
        /** The program closed it: the ordinary end. */
        CLOSED,
        /** It was served for as long as it may be. */
        TIMED_OUT,
        /** The program ended, or its machine failed. */
        CRASHED,
        /** Its machine was closed under it: the service ended and waited no longer. */
        CANCELLED,
        /** No machine came free in the time that it may wait. */
        WAITED_TOO_LONG,
        /** The host cannot give a machine. */
        NO_CAPACITY,
        /** The program does not start, or does not listen. */
        INIT_FAILED,
        /** Every machine that it was given was gone before it saw the connection. */
        NOT_STARTED,
        /** The service ended while it waited. */
        DRAINED;

        /** Whether no program saw the connection. */
        public boolean isRefusal() {
            return switch (this) {
                case CLOSED, TIMED_OUT, CRASHED, CANCELLED -> false;
                case WAITED_TOO_LONG, NO_CAPACITY, INIT_FAILED, NOT_STARTED, DRAINED -> true;
            };
        }
    }
}
