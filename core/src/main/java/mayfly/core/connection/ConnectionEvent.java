package mayfly.core.connection;

import mayfly.core.pool.PoolEffect.Start;

/** What a connection can be told. {@code ask} repeats the number of the effect that the event answers. */
public sealed interface ConnectionEvent {
    /** When the shell made the event, in nanoseconds of a monotonic clock. */
    long nowNanos();

    /** Answers {@link ConnectionEffect.AskForMachine}: the machine is the connection's until it is given back. */
    record Granted(int ask, String machine, Start start, long nowNanos) implements ConnectionEvent {}

    /** Answers {@link ConnectionEffect.AskForMachine}: there is none. */
    record Refused(int ask, Hindrance hindrance, String reason, long nowNanos) implements ConnectionEvent {}

    /** Answers {@link ConnectionEffect.Serve}: the machine has let go of the connection. */
    record Served(int ask, How how, String detail, long received, long sent, long nowNanos)
            implements ConnectionEvent {}

    /** The service ends, and waits for its connections no longer. */
    record Cancelled(long nowNanos) implements ConnectionEvent {}

    /** Why a pool gave no machine. */
    enum Hindrance {
        /** None came free before the deadline. */
        TOO_LATE,
        /** The host cannot give one. */
        NO_CAPACITY,
        /** The program does not start, or does not listen. */
        INIT_FAILED,
        /** Another version has taken this one's place; its pool is asked next. */
        REPLACED,
        /** The service takes no connections any more. */
        DRAINING
    }

    /** How a machine let go of a connection. */
    enum How {
        CLOSED,
        TIMED_OUT,
        CRASHED,
        /** It was closed meanwhile. */
        CANCELLED,
        /** It never saw the connection, which is open still. */
        NOT_STARTED
    }
}
