package mayfly.gateway.rivet;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import mayfly.actors.HibernatingSockets;
import mayfly.base.ActorId;
import mayfly.runner.protocol.HibernatingRequest;

/** The clients' sockets that outlive the stays of their actors, and those for which time matters. Any thread. */
final class LiveSockets implements HibernatingSockets, AutoCloseable {
    private static final long TICK_MILLIS = 200;

    private final ConcurrentHashMap<ActorId, Set<ActorSocket>> byActor = new ConcurrentHashMap<>();
    private final Set<ActorSocket> watched = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("sockets").daemon(true).factory());

    @SuppressWarnings("FutureReturnValueIgnored") // a socket that fails in its tick is logged by its turnstile
    LiveSockets() {
        ticks.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public List<HibernatingRequest> of(ActorId actor) {
        return byActor.getOrDefault(actor, Set.of()).stream()
                .map(ActorSocket::name)
                .toList();
    }

    void add(ActorSocket socket, ActorId actor) {
        byActor.compute(actor, (_, sockets) -> {
            Set<ActorSocket> all = sockets == null ? ConcurrentHashMap.newKeySet(2) : sockets;
            all.add(socket);
            return all;
        });
    }

    void remove(ActorSocket socket, ActorId actor) {
        byActor.computeIfPresent(actor, (_, sockets) -> {
            sockets.remove(socket);
            return sockets.isEmpty() ? null : sockets;
        });
    }

    /** Whether the socket wants to know that time passes. */
    void watch(ActorSocket socket, boolean on) {
        if (on) {
            watched.add(socket);
        } else if (!watched.isEmpty()) {
            watched.remove(socket);
        }
    }

    /** How many sockets can hibernate. */
    int size() {
        return byActor.values().stream().mapToInt(Set::size).sum();
    }

    private void tick() {
        watched.forEach(it -> it.put(new SocketEvent.Tick()));
    }

    @Override
    public void close() {
        ticks.shutdownNow();
    }
}
