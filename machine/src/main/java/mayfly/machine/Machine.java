package mayfly.machine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import mayfly.base.MachineId;

/** One isolated place that runs one unit of work at a time. Not safe for concurrent use, except {@link #close}. */
public interface Machine extends AutoCloseable {
    MachineId id();

    /**
     * Runs one unit of work and blocks until it ended or {@code work.timeout()} passed; a machine that timed out or
     * crashed is no longer usable. Never throws for what the guest does: that is an {@link Outcome}.
     */
    Outcome exec(Work work);

    /**
     * Gives the machine's program a connection, and blocks until the program closed it or the time was up. The connection
     * is closed then, unless the machine never saw it.
     *
     * @param logs takes what the program prints meanwhile
     */
    default Served serve(Connection connection, Duration limit, LogSink logs) {
        return Served.notStarted("this kind of machine serves no connections");
    }

    /**
     * Begins {@link #serve} and does not wait for it.
     *
     * @return never fails but for a driver's broken invariant; may complete on the machine's own thread, which what depends
     *     on it must not hold up
     */
    default CompletableFuture<Served> begin(Connection connection, Duration limit, LogSink logs) {
        return CompletableFuture.supplyAsync(
                () -> serve(connection, limit, logs),
                serving -> Thread.ofVirtual().start(serving));
    }

    /** Asks an idle machine whether it still answers; false after {@code timeoutMillis} without an answer. */
    boolean ping(long timeoutMillis);

    /** Puts the machine back into its template's exact state; false if this driver cannot, then close it. */
    boolean reset();

    /** Kills whatever runs in the machine and frees it; returns when nothing of it is left. Repeated calls do nothing. */
    @Override
    void close();
}
