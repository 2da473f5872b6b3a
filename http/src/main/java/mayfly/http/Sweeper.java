package mayfly.http;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Looks at every connection of one event loop now and then, and lets those act whose time is over. One pass a second
 * over all connections is cheaper than a timer that each request sets and cancels. Event loop only.
 */
final class Sweeper {
    private final EventLoop loop;
    private final long periodNanos;
    private final List<Connection> connections = new ArrayList<>();
    private boolean ticking;

    Sweeper(EventLoop loop, HttpLimits limits) {
        this.loop = loop;
        long shortest = Math.min(
                Math.min(limits.idle().toNanos(), limits.headTime().toNanos()),
                Math.min(limits.bodyTime().toNanos(), limits.writeTime().toNanos()));
        shortest = Math.min(shortest, limits.linger().toNanos());
        periodNanos = Math.clamp(shortest / 4, 10_000_000L, 1_000_000_000L);
    }

    void add(Connection connection) {
        connection.slot = connections.size();
        connections.add(connection);
        if (!ticking) {
            tickLater();
        }
    }

    void remove(Connection connection) {
        Connection last = connections.removeLast();
        if (last != connection) {
            connections.set(connection.slot, last);
            last.slot = connection.slot;
        }
    }

    /** Closes what is idle now, from any thread. */
    void closeIdle() {
        loop.execute(() -> List.copyOf(connections).forEach(Connection::closeIfIdle));
    }

    /** Closes everything, from any thread. */
    void closeAll() {
        loop.execute(() -> List.copyOf(connections)
                .forEach(connection -> connection.outlet().cut()));
    }

    private void tick() {
        long now = System.nanoTime();
        // Backwards: a connection that closes is replaced by one that was looked at already.
        for (int i = connections.size() - 1; i >= 0; i--) {
            if (i < connections.size()) {
                connections.get(i).sweep(now);
            }
        }
        ticking = !connections.isEmpty();
        if (ticking) {
            tickLater();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // fails only when the loop ends, and then nothing is left to look at
    private void tickLater() {
        ticking = true;
        loop.schedule(this::tick, periodNanos, TimeUnit.NANOSECONDS);
    }
}
