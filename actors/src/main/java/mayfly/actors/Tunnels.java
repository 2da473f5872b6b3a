package mayfly.actors;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.base.RunnerId;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/** What is under way to actors, by the id that its messages carry. */
final class Tunnels {
    private final ConcurrentHashMap<Integer, Tunnel> open = new ConcurrentHashMap<>();
    private final AtomicInteger lastId;
    private final int gatewayId;

    /** @param firstId and gatewayId drawn at random, so that ids of an earlier node mean nothing to this one */
    Tunnels(int gatewayId, int firstId) {
        this.gatewayId = gatewayId;
        this.lastId = new AtomicInteger(firstId);
    }

    int gatewayId() {
        return gatewayId;
    }

    int size() {
        return open.size();
    }

    /** Empty when the actor has left the place. */
    Optional<Tunnel> open(ActorPlace place, ActorShell actor, RunnerShell runner, TunnelListener listener) {
        while (true) {
            Tunnel tunnel = new Tunnel(this, lastId.incrementAndGet(), 0, listener, place, actor, runner);
            if (open.putIfAbsent(tunnel.requestId(), tunnel) == null) {
                return attached(tunnel, actor);
            }
        }
    }

    /** The same request at a later place. */
    Optional<Tunnel> resume(
            Tunnel earlier, ActorPlace place, ActorShell actor, RunnerShell runner, TunnelListener listener) {
        Tunnel tunnel = new Tunnel(this, earlier.requestId(), earlier.nextIndex(), listener, place, actor, runner);
        open.put(tunnel.requestId(), tunnel);
        return attached(tunnel, actor);
    }

    private Optional<Tunnel> attached(Tunnel tunnel, ActorShell actor) {
        if (actor.attach(tunnel)) {
            return Optional.of(tunnel);
        }
        remove(tunnel);
        return Optional.empty();
    }

    void deliver(MessageId id, ToServerKind message) {
        @Nullable Tunnel tunnel = id.gatewayId() == gatewayId ? open.get(id.requestId()) : null;
        if (tunnel != null) { // else it was given up meanwhile
            tunnel.deliver(message, id.messageIndex());
        }
    }

    /** The runner has another socket than before. */
    void reconnected(RunnerId runner) {
        for (Tunnel tunnel : open.values()) {
            if (tunnel.place().runner().equals(runner)) {
                tunnel.reconnected();
            }
        }
    }

    void remove(Tunnel tunnel) {
        open.remove(tunnel.requestId(), tunnel);
    }
}
