package mayfly.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Counts what runs, refuses at the limits, and tells a drain when nothing runs any more. */
final class Admission {
    private final HttpLimits limits;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger exchanges = new AtomicInteger();
    private final AtomicLong messageBytes = new AtomicLong();
    private volatile boolean draining;

    Admission(HttpLimits limits) {
        this.limits = limits;
    }

    /** Counts a connection in; returns how many there are now. Always pair with {@link #leaveConnection}. */
    int enterConnection() {
        return connections.incrementAndGet();
    }

    void leaveConnection() {
        connections.decrementAndGet();
        tell();
    }

    /** Counts a running handler in, unless there are too many. */
    boolean enterExchange() {
        if (exchanges.incrementAndGet() > limits.exchanges()) {
            exchanges.decrementAndGet();
            return false;
        }
        return true;
    }

    void leaveExchange() {
        exchanges.decrementAndGet();
        tell();
    }

    /** Counts memory of WebSocket messages that are not whole yet; false when there is too much of it. */
    boolean holdMessages(int more) {
        return messageBytes.addAndGet(more) <= limits.messageBytes() || more <= 0;
    }

    int connections() {
        return connections.get();
    }

    int exchanges() {
        return exchanges.get();
    }

    boolean draining() {
        return draining;
    }

    void drain() {
        draining = true;
    }

    /** Waits until nothing runs and nothing is connected, or until the deadline of System.nanoTime. */
    boolean awaitQuiet(long deadline) throws InterruptedException {
        return await(() -> connections.get() == 0 && exchanges.get() == 0, deadline);
    }

    /** Waits until nothing runs, or until the deadline of System.nanoTime. */
    boolean awaitNoExchange(long deadline) throws InterruptedException {
        return await(() -> exchanges.get() == 0, deadline);
    }

    private synchronized boolean await(BooleanSupplier quiet, long deadline) throws InterruptedException {
        while (!quiet.getAsBoolean()) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    private void tell() {
        if (draining) {
            synchronized (this) {
                notifyAll();
            }
        }
    }
}
