package mayfly.runner;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.Command;
import mayfly.runner.protocol.CommandWrapper;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServer;
import org.jspecify.annotations.Nullable;

/** The actors that live here, and which of them each message is for. */
final class HostedActors {
    private final ActorFactory factory;
    private final Outbox outbox;
    private final KvCalls calls;

    // Guards all below; the outbox's lock is taken under it.
    private final Object lock = new Object();
    private final Map<String, HostedActor> actors = new HashMap<>();
    private final Map<HibernatingRequest, HostedActor> requests = new HashMap<>();

    HostedActors(ActorFactory factory, Outbox outbox, KvCalls calls) {
        this.factory = factory;
        this.outbox = outbox;
        this.calls = calls;
    }

    int size() {
        synchronized (lock) {
            return actors.size();
        }
    }

    void obey(List<CommandWrapper> commands) {
        List<ActorCheckpoint> obeyed = new ArrayList<>();
        for (CommandWrapper command : commands) {
            ActorCheckpoint checkpoint = command.checkpoint();
            switch (command.inner()) {
                case Command.StartActor start -> start(checkpoint.actorId(), checkpoint.generation(), start);
                case Command.StopActor _ -> stop(checkpoint.actorId(), checkpoint.generation());
            }
            obeyed.add(checkpoint);
        }
        outbox.say(new ToServer.AckCommands(obeyed));
    }

    /** A command that is told again finds its actor there; a later generation takes an earlier one's place. */
    private void start(String id, int generation, Command.StartActor start) {
        HostedActor before;
        HostedActor actor;
        synchronized (lock) {
            before = actors.get(id);
            if (before != null && before.generation() >= generation) {
                return;
            }
            actor = new HostedActor(id, generation, start, factory, outbox, calls, this::forget);
            actors.put(id, actor);
            if (before != null) {
                requests.values().removeIf(before::equals);
            }
            start.hibernatingRequests().forEach(request -> requests.put(request, actor));
        }
        if (before != null) {
            before.lose("a later generation was started", true);
        }
        actor.begin(before);
    }

    private void stop(String id, int generation) {
        HostedActor actor = find(id);
        if (actor != null && actor.generation() == generation) {
            actor.stop();
        }
    }

    private @Nullable HostedActor find(String id) {
        synchronized (lock) {
            return actors.get(id);
        }
    }

    private void forget(HostedActor actor) {
        synchronized (lock) {
            actors.remove(actor.id(), actor);
            requests.values().removeIf(actor::equals);
            lock.notifyAll();
        }
    }

    void tunnel(ToClient.TunnelMessage message) {
        HibernatingRequest request =
                new HibernatingRequest(message.id().gatewayId(), message.id().requestId());
        int index = message.id().messageIndex();
        switch (message.kind()) {
            case ToClientKind.RequestStart start -> {
                if (!begin(request, start.actorId(), index, start)) {
                    Refusals.request(new TunnelPort(request, outbox));
                }
            }
            case ToClientKind.WebSocketOpen open -> {
                if (!begin(request, open.actorId(), index, open)) {
                    Refusals.socket(new TunnelPort(request, outbox), true);
                }
            }
            case ToClientKind.RequestChunk _,
                    ToClientKind.RequestAbort _,
                    ToClientKind.WebSocketMessage _,
                    ToClientKind.WebSocketClose _ -> {
                HostedActor actor;
                synchronized (lock) {
                    actor = requests.get(request);
                }
                if (actor != null) {
                    actor.tunnel(request, index, message.kind());
                }
            }
        }
    }

    private boolean begin(HibernatingRequest request, String actorId, int index, ToClientKind first) {
        HostedActor actor;
        synchronized (lock) {
            actor = actors.get(actorId);
            if (actor == null) {
                return false;
            }
            requests.put(request, actor);
        }
        actor.tunnel(request, index, first);
        return true;
    }

    /** None of them is ours any more. */
    void lose(String why, boolean tellEngine) {
        List<HostedActor> all;
        synchronized (lock) {
            all = new ArrayList<>(actors.values());
            actors.clear();
            requests.clear();
            lock.notifyAll();
        }
        all.forEach(actor -> actor.lose(why, tellEngine));
    }

    /** Waits until there is none, as long as that may be expected, and at most so long. */
    void awaitNone(BooleanSupplier expected, long millis) throws InterruptedException {
        long deadline = System.nanoTime() + millis * 1_000_000;
        synchronized (lock) {
            long left = millis;
            while (!actors.isEmpty() && expected.getAsBoolean() && left > 0) {
                lock.wait(left);
                left = (deadline - System.nanoTime()) / 1_000_000;
            }
        }
    }

    /** What may be expected has changed. */
    void expectAnew() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }
}
