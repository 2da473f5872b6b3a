package mayfly.core.connection;

import mayfly.core.pool.PoolEffect.Start;

/**
 * The state of a connection.
 *
 * <p>An ask is one wish for a machine, counted from 1; its number fences off news of earlier ones. A miss is a machine that
 * was gone before it saw the connection.
 */
public sealed interface Connection {
    Arrival arrival();

    /** The ask that was made last. */
    int ask();

    /** Accepted, and waits for a machine; its client may send already, which the kernel keeps. */
    record Held(Arrival arrival, int ask, int misses) implements Connection {}

    /** Owned by a machine. */
    record Serving(Arrival arrival, int ask, int misses, Use use) implements Connection {}

    /** Told to end while it waited: hung up on, and its ask is not answered yet. */
    record Withdrawing(Arrival arrival, int ask) implements Connection {}

    /** Told to end while it was served: its machine is being closed under it. */
    record Stopping(Arrival arrival, int ask, Use use) implements Connection {}

    /** Final: hung up on, and its machine given back. */
    record Ended(Arrival arrival, int ask, Ending ending) implements Connection {}

    /**
     * A machine in the connection's hands.
     *
     * @param machine for people
     */
    record Use(String machine, Start start, long sinceNanos) {}
}
