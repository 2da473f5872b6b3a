package mayfly.http;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Looks at every peer of one event loop now and then, and lets those act whose time is over. One pass a second
 * over all of them is cheaper than a timer that each request sets and cancels. Event loop only.
 */
final class Sweeper {
    private final EventLoop loop;
    private final long periodNanos;
    private final List<Peer> peers = new ArrayList<>();
    private boolean ticking;

    Sweeper(EventLoop loop, HttpLimits limits) {
        this.loop = loop;
        long shortest = Math.min(
                Math.min(limits.idle().toNanos(), limits.headTime().toNanos()),
                Math.min(limits.bodyTime().toNanos(), limits.writeTime().toNanos()));
        shortest = Math.min(shortest, limits.linger().toNanos());
        periodNanos = Math.clamp(shortest / 4, 10_000_000L, 1_000_000_000L);
    }

    void add(Peer peer) {
        peer.slot = peers.size();
        peers.add(peer);
        if (!ticking) {
            tickLater();
        }
    }

    void remove(Peer peer) {
        Peer last = peers.removeLast();
        if (last != peer) {
            peers.set(peer.slot, last);
            last.slot = peer.slot;
        }
    }

    void replace(Peer peer, Peer successor) {
        successor.slot = peer.slot;
        peers.set(peer.slot, successor);
    }

    /** Closes what is idle now, from any thread. */
    void closeIdle() {
        loop.execute(() -> List.copyOf(peers).forEach(Peer::closeIfIdle));
    }

    /** Begins to close every WebSocket, from any thread. */
    void closeSockets() {
        loop.execute(() -> List.copyOf(peers).forEach(Peer::goAway));
    }

    /** Closes everything, from any thread. */
    void closeAll() {
        loop.execute(() -> List.copyOf(peers).forEach(peer -> peer.outlet().cut()));
    }

    private void tick() {
        long now = System.nanoTime();
        // Backwards: one that closes is replaced by one that was looked at already.
        for (int i = peers.size() - 1; i >= 0; i--) {
            if (i < peers.size()) {
                peers.get(i).sweep(now);
            }
        }
        ticking = !peers.isEmpty();
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
