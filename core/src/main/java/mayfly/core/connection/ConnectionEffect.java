package mayfly.core.connection;

/** What a connection asks its shell to do, in order. */
public sealed interface ConnectionEffect {
    /** Get a machine from the pool of the service's newest version; answer Granted or Refused, by the deadline. */
    record AskForMachine(int ask, long deadlineNanos) implements ConnectionEffect {}

    /** Hand the connection to the machine that was granted; answer Served. */
    record Serve(int ask) implements ConnectionEffect {}

    /** Close the machine that has the connection, which makes it let go; its Served is still to come. */
    record CloseMachine(int ask) implements ConnectionEffect {}

    /**
     * The pool takes the machine back.
     *
     * @param healthy false when it crashed, was closed or was gone
     */
    record GiveBack(int ask, boolean healthy) implements ConnectionEffect {}

    /** Close the connection; it may be closed already. */
    record HangUp() implements ConnectionEffect {}

    /** Count the end and write it down. The last effect of a connection. */
    record Log(Ending ending) implements ConnectionEffect {}
}
