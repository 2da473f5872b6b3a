package mayfly.machine;

/**
 * How a machine's connection ended.
 *
 * @param end why
 * @param detail for people; "" when there is no more to say
 * @param received bytes that the program read
 * @param sent bytes that the program wrote
 */
public record Served(End end, String detail, long received, long sent) {
    /** Why a connection ended. */
    public enum End {
        /** The program closed it: the ordinary end. */
        CLOSED,
        /** Its time was up. */
        TIMED_OUT,
        /** The program ended, or its machine failed. */
        CRASHED,
        /** The machine was closed meanwhile. */
        CANCELLED,
        /** The machine never saw it; the connection is open, and another machine may take it. */
        NOT_STARTED
    }

    public static Served notStarted(String why) {
        return new Served(End.NOT_STARTED, why, 0, 0);
    }
}
