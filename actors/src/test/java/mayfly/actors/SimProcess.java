package mayfly.actors;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorIntent;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Command;
import mayfly.runner.protocol.CommandWrapper;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.StopCode;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServer;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/**
 * A process that hosts actors, as the npm client does it: starts at once, says Stopped with an error after each stop, forgets
 * an actor with its stop even when nobody hears it, tells all events of the living ones again after a cut, stops them all
 * after 15 s without a socket and when it is given another id, and ends when it is evicted.
 */
final class SimProcess {
    /** So long may a slow one take to stop. */
    static final int SLOW_MILLIS_MAX = 80_000;

    private static final long LOST_MILLIS = 15_000;
    private static final long NEVER = Long.MAX_VALUE;

    final String key;
    private final SimWorld world;
    private final SimAgenda agenda;
    private final int version;
    private final int slots;
    final Map<String, SimInstance> live = new TreeMap<>();
    /** Unlike the npm client it may say late that an actor runs, and finds one there that it is told to start again. */
    private final boolean careful;

    private @Nullable SimSocket socket;
    private boolean attached;
    private @Nullable String runnerId;
    private int attempts;
    private long hungUntilMillis;
    private long lostSinceMillis = NEVER;
    private boolean ended;
    private Runnable onAttached = () -> {};
    private Runnable onEnd = () -> {};

    SimProcess(SimWorld world, String key, int version, int slots) {
        this.world = world;
        this.agenda = world.agenda();
        this.key = key;
        this.version = version;
        this.slots = slots;
        this.careful = agenda.chance(30);
    }

    /** Whether what it is sent now arrives, and is acted upon. */
    boolean isWell() {
        return !ended && attached && socket != null && socket.isWell() && agenda.nowMillis() >= hungUntilMillis;
    }

    boolean isOver() {
        return ended;
    }

    Optional<String> runnerId() {
        return Optional.ofNullable(runnerId);
    }

    void whenAttached(Runnable action) {
        onAttached = action;
    }

    void whenEnded(Runnable action) {
        onEnd = action;
    }

    /** The process acts after a while, unless it is gone by then; one that hangs acts when it goes on. */
    private void later(long millis, Runnable action) {
        agenda.in(millis, () -> {
            if (ended) {
                return;
            }
            if (agenda.nowMillis() < hungUntilMillis) {
                later(hungUntilMillis - agenda.nowMillis(), action);
            } else {
                action.run();
            }
        });
    }

    // ---- trouble

    void hang(long millis) {
        hungUntilMillis = Math.max(hungUntilMillis, agenda.nowMillis() + millis);
    }

    void cut() {
        if (socket != null) {
            socket.cut(agenda.soon(300));
        }
    }

    void stall(long millis) {
        if (socket != null) {
            socket.stall(millis);
        }
    }

    /** Asks to be left by its actors, as on SIGTERM. */
    void leave() {
        later(0, () -> say(new ToServer.Stopping()));
    }

    /** As a serverless program whose request was dropped: it goes a little later, with all its actors. */
    void leaveAndEnd() {
        later(agenda.soon(300), () -> kill(0));
    }

    /** Ends without a word; the node's kernel tells it after the given time. */
    void kill(long nodeHearsMillis) {
        if (!ended) {
            stopAll();
            ended = true;
            if (socket != null) {
                socket.cut(nodeHearsMillis);
            }
            onEnd.run();
        }
    }

    private void stopAll() {
        List.copyOf(live.values()).forEach(this::drop);
    }

    private void drop(SimInstance instance) {
        instance.over = true;
        live.remove(instance.actor, instance);
        world.referee().ended(this, instance);
    }

    // ---- its socket

    void connect() {
        later(0, () -> {
            SimNode node = world.node();
            if (!node.isAlive()) {
                again();
                return;
            }
            attached = false;
            socket = new SimSocket(agenda, node, this);
            socket.open(key);
            say(new ToServer.Init("pool", version, slots, Optional.empty(), Optional.empty()));
        });
    }

    private void again() {
        long pause = Math.min(30_000, 1_000L << Math.min(attempts++, 5));
        later(pause + pause * agenda.random.nextInt(26) / 100, () -> {
            if (socket == null) {
                connect();
            }
        });
    }

    void lost(SimSocket which) {
        later(0, () -> {
            if (which == socket) {
                socket = null;
                attached = false;
                again();
                protectItself();
            }
        });
    }

    /** From the first moment without a socket on, however often it tries to get one. */
    private void protectItself() {
        if (lostSinceMillis != NEVER) {
            return;
        }
        long since = agenda.nowMillis();
        lostSinceMillis = since;
        later(LOST_MILLIS, () -> {
            if (lostSinceMillis == since) {
                stopAll();
            }
        });
    }

    void evicted(SimSocket which) {
        later(0, () -> {
            if (which == socket) {
                kill(0);
            }
        });
    }

    private void say(ToServer message) {
        if (socket != null) {
            socket.toNode(RunnerProtocol.encode(message));
        }
    }

    // ---- what it hears

    void heard(SimSocket from, byte[] frame) {
        later(0, () -> {
            if (from == socket) {
                try {
                    act(RunnerProtocol.decodeToClient(frame));
                } catch (MalformedMessageException e) {
                    throw new AssertionError(e);
                }
            }
        });
    }

    private void act(ToClient message) {
        switch (message) {
            case ToClient.Init init -> welcomed(init.runnerId());
            case ToClient.Ping(var ts) -> say(new ToServer.Pong(ts));
            case ToClient.Commands(var commands) -> commands.forEach(this::act);
            case ToClient.TunnelMessage(var id, var kind) -> act(id, kind);
            case ToClient.AckEvents(var checkpoints) ->
                checkpoints.forEach(at -> {
                    SimInstance instance = live.get(at.actorId());
                    if (instance != null && instance.generation == at.generation()) {
                        instance.history.removeIf(e -> e.checkpoint().index() <= at.index());
                    }
                });
            case ToClient.KvResponse _ -> {}
        }
    }

    private void welcomed(String id) {
        if (runnerId != null && !runnerId.equals(id)) {
            stopAll();
        }
        runnerId = id;
        attached = true;
        attempts = 0;
        lostSinceMillis = NEVER;
        List<EventWrapper> all = new ArrayList<>();
        live.values().forEach(it -> all.addAll(it.history));
        if (!all.isEmpty()) {
            say(new ToServer.Events(all));
        }
        onAttached.run();
    }

    private void act(CommandWrapper command) {
        String actor = command.checkpoint().actorId();
        long generation = Integer.toUnsignedLong(command.checkpoint().generation());
        switch (command.inner()) {
            case Command.StartActor _ -> start(new SimInstance(actor, generation));
            case Command.StopActor _ -> {
                SimInstance instance = world.losesStops() ? null : live.get(actor);
                if (instance != null && instance.generation == generation && !instance.stopping) {
                    instance.stopping = true;
                    if (world.fault(5)) {
                        instance.slow = true;
                        later(agenda.between(1_000, SLOW_MILLIS_MAX), () -> stopped(instance, false));
                    } else if (!world.isScripted()) {
                        later(agenda.soon(1_500), () -> stopped(instance, agenda.chance(20)));
                    }
                }
            }
        }
    }

    private void start(SimInstance instance) {
        SimInstance old = live.get(instance.actor);
        if (careful && old != null && old.generation >= instance.generation) {
            return;
        }
        world.referee().started(this, instance);
        if (old != null) {
            drop(old);
        }
        live.put(instance.actor, instance);
        if (careful && world.fault(10)) {
            instance.slow = true;
            later(agenda.between(1_000, 50_000), () -> {
                tell(instance, new Event.StateUpdate(new ActorState.Running()));
                think(instance);
            });
            return;
        }
        tell(instance, new Event.StateUpdate(new ActorState.Running()));
        if (world.fault(5)) {
            later(agenda.soon(500), () -> stopped(instance, false));
        }
        think(instance);
    }

    /** What an actor does on its own. */
    private void think(SimInstance instance) {
        if (world.isScripted()) {
            return;
        }
        later(agenda.between(300, 12_000), () -> {
            if (instance.over || instance.stopping) {
                return;
            }
            int wish = agenda.between(0, 99);
            if (world.fault(6)) {
                stopped(instance, false);
            } else if (wish < 3 && world.mayEnd()) {
                tell(instance, new Event.Intent(ActorIntent.STOP));
            } else if (wish < 15 && world.isBusy()) {
                long at = agenda.nowMillis() + agenda.between(-100, 20_000);
                tell(instance, new Event.SetAlarm(agenda.chance(20) ? OptionalLong.empty() : OptionalLong.of(at)));
            } else if (instance.requests == 0) {
                tell(instance, new Event.Intent(ActorIntent.SLEEP));
                if (agenda.chance(20)) {
                    later(agenda.soon(1_000), () -> tell(instance, new Event.Intent(ActorIntent.SLEEP)));
                }
            }
            think(instance);
        });
    }

    // ---- what a story tells its actors to do

    SimInstance only() {
        return live.values().iterator().next();
    }

    void wantsSleep() {
        tell(only(), new Event.Intent(ActorIntent.SLEEP));
    }

    void stops() {
        stopped(only(), false);
    }

    private void stopped(SimInstance instance, boolean clean) {
        if (!instance.over) {
            StopCode code = clean ? StopCode.OK : StopCode.ERROR;
            tell(instance, new Event.StateUpdate(new ActorState.Stopped(code, Optional.empty())));
            drop(instance);
        }
    }

    private void tell(SimInstance instance, Event event) {
        if (instance.over) {
            return;
        }
        EventWrapper wrapper = new EventWrapper(
                new ActorCheckpoint(instance.actor, (int) instance.generation, instance.events++), event);
        instance.history.add(wrapper);
        say(new ToServer.Events(List.of(wrapper)));
    }

    private void act(MessageId id, ToClientKind kind) {
        if (kind instanceof ToClientKind.RequestStart start) {
            SimInstance instance = live.get(start.actorId());
            if (instance == null || instance.stopping) {
                say(new ToServer.TunnelMessage(id, new ToServerKind.ResponseAbort()));
                return;
            }
            instance.requests++;
            later(agenda.soon(3_000), () -> {
                instance.requests--;
                if (!instance.over) {
                    say(new ToServer.TunnelMessage(
                            id, new ToServerKind.ResponseStart(200, Map.of(), Optional.empty(), false)));
                }
            });
        }
    }

    @Override
    public String toString() {
        return key + (ended ? " (ended)" : attached ? "" : " (away)") + " " + live.values();
    }
}
