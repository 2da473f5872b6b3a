package mayfly.actors;

import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import mayfly.base.ActorId;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorIntent;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Command;
import mayfly.runner.protocol.CommandWrapper;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.StopCode;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToServer;
import mayfly.runner.protocol.ToServerKind;

/**
 * A runner that does on the wire what the npm client does, and what tests tell it: starts at once, says Stopped with an
 * error after each stop, tells all events of live actors again after a cut.
 */
final class ScriptedRunner {
    private final ActorEngine engine;
    private final String pool;
    private final String key;
    private final int version;
    private final int slots;
    private final ConcurrentLinkedQueue<ToClient> heard = new ConcurrentLinkedQueue<>();
    private final Map<String, Live> live = new ConcurrentHashMap<>();
    volatile boolean answersPings = true;
    volatile boolean startsActors = true;
    volatile boolean stopsActors = true;
    volatile String closedFor = "";
    private volatile boolean connected;
    private RunnerSession session;
    private volatile Wire wire = new Wire();
    Optional<String> token = Optional.empty();

    /** An actor that runs here, with its history. */
    record Live(long generation, List<EventWrapper> history) {}

    ScriptedRunner(ActorEngine engine, String pool, String key, int version, int slots) {
        this.engine = engine;
        this.pool = pool;
        this.key = key;
        this.version = version;
        this.slots = slots;
    }

    static ScriptedRunner connected(ActorEngine engine, String pool, int slots) throws ActorException {
        ScriptedRunner runner = new ScriptedRunner(engine, pool, "key-" + pool, 1, slots);
        runner.connect();
        return runner;
    }

    void connect() throws ActorException {
        Wire next = new Wire();
        wire = next;
        connected = true;
        session = engine.connect(new RunnerHello("default", key, RunnerProtocol.VERSION, token), next);
        say(new ToServer.Init(pool, version, slots, Optional.empty(), Optional.empty()));
    }

    /** The same process, with its actors, on the engine of a restarted node. */
    ScriptedRunner reconnectedTo(ActorEngine other) throws ActorException {
        ScriptedRunner same = new ScriptedRunner(other, pool, key, version, slots);
        same.live.putAll(live);
        same.token = token;
        same.connect();
        return same;
    }

    /** The socket breaks: nothing more goes either way. */
    void cut() {
        connected = false;
        session.closed();
    }

    /** The process dies. */
    void kill() {
        live.clear();
        cut();
    }

    void say(ToServer message) {
        if (connected) {
            session.message(RunnerProtocol.encode(message));
        }
    }

    void tell(ActorId actor, Event event) {
        Live it = live.get(actor.value());
        EventWrapper wrapper = new EventWrapper(
                new ActorCheckpoint(
                        actor.value(), (int) it.generation(), it.history().size()),
                event);
        it.history().add(wrapper);
        say(new ToServer.Events(List.of(wrapper)));
    }

    void wantsSleep(ActorId actor) {
        tell(actor, new Event.Intent(ActorIntent.SLEEP));
    }

    void wantsEnd(ActorId actor) {
        tell(actor, new Event.Intent(ActorIntent.STOP));
    }

    void setsAlarm(ActorId actor, long atMillis) {
        tell(actor, new Event.SetAlarm(OptionalLong.of(atMillis)));
    }

    /** As the npm client does: the actor and its history are dropped with this. */
    void stopped(ActorId actor, StopCode code) {
        tell(actor, new Event.StateUpdate(new ActorState.Stopped(code, Optional.empty())));
        live.remove(actor.value());
    }

    void respond(MessageId id, ToServerKind kind) {
        say(new ToServer.TunnelMessage(id, kind));
    }

    boolean has(ActorId actor) {
        return live.containsKey(actor.value());
    }

    long generation(ActorId actor) {
        return live.get(actor.value()).generation();
    }

    int liveCount() {
        return live.size();
    }

    List<ToClient> heard() {
        return List.copyOf(heard);
    }

    long starts(ActorId actor) {
        return commands(actor)
                .filter(it -> it.inner() instanceof Command.StartActor)
                .count();
    }

    long stops(ActorId actor) {
        return commands(actor)
                .filter(it -> it.inner() instanceof Command.StopActor)
                .count();
    }

    /** The generations that it was told to stop, in that order. */
    List<Long> stopped(ActorId actor) {
        return commands(actor)
                .filter(it -> it.inner() instanceof Command.StopActor)
                .map(it -> Integer.toUnsignedLong(it.checkpoint().generation()))
                .toList();
    }

    private java.util.stream.Stream<CommandWrapper> commands(ActorId actor) {
        return heard.stream()
                .filter(ToClient.Commands.class::isInstance)
                .flatMap(it -> ((ToClient.Commands) it).commands().stream())
                .filter(it -> it.checkpoint().actorId().equals(actor.value()));
    }

    ToClient.TunnelMessage nextTunnel(Predicate<ToClient.TunnelMessage> fits) {
        await().until(() -> tunnel(fits).isPresent());
        return tunnel(fits).orElseThrow();
    }

    private Optional<ToClient.TunnelMessage> tunnel(Predicate<ToClient.TunnelMessage> fits) {
        return heard.stream()
                .filter(ToClient.TunnelMessage.class::isInstance)
                .map(ToClient.TunnelMessage.class::cast)
                .filter(fits)
                .findFirst();
    }

    KvResponseData kv(ActorId actor, int requestId, KvRequestData data) {
        say(new ToServer.KvRequest(actor.value(), requestId, data));
        await().until(() -> answer(requestId).isPresent());
        return answer(requestId).orElseThrow();
    }

    private Optional<KvResponseData> answer(int requestId) {
        return heard.stream()
                .filter(it -> it instanceof ToClient.KvResponse response && response.requestId() == requestId)
                .map(it -> ((ToClient.KvResponse) it).data())
                .findFirst();
    }

    // ---- from the engine

    RunnerLink link() {
        return wire;
    }

    /** One socket: the end of an earlier one says nothing of a later one. */
    private final class Wire implements RunnerLink {
        private final BlockingQueue<ToClient> unread = new LinkedBlockingQueue<>();

        Wire() {
            // in order, as from a socket; not on the engine's thread, which may hold a lock of the runner
            Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try {
                while (true) {
                    act(unread.take());
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void send(byte[] frame) {
            if (!connected || wire != this) {
                return;
            }
            try {
                ToClient message = RunnerProtocol.decodeToClient(frame);
                heard.add(message);
                unread.add(message);
            } catch (MalformedMessageException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close(int code, String reason) {
            closedFor = code + " " + reason;
            if (connected && wire == this) {
                Thread.ofVirtual().start(ScriptedRunner.this::cut);
            }
        }

        @Override
        public long queuedBytes() {
            return 0;
        }
    }

    private synchronized void act(ToClient message) {
        switch (message) {
            case ToClient.Init _ -> {
                List<EventWrapper> all = new ArrayList<>();
                live.values().forEach(it -> all.addAll(it.history()));
                if (!all.isEmpty()) {
                    say(new ToServer.Events(all));
                }
            }
            case ToClient.Ping(var ts) -> {
                if (answersPings) {
                    say(new ToServer.Pong(ts));
                }
            }
            case ToClient.Commands(var commands) -> commands.forEach(this::act);
            case ToClient.AckEvents _, ToClient.KvResponse _, ToClient.TunnelMessage _ -> {}
        }
    }

    private void act(CommandWrapper command) {
        ActorId actor = new ActorId(command.checkpoint().actorId());
        switch (command.inner()) {
            case Command.StartActor _ -> {
                if (startsActors) {
                    live.put(
                            actor.value(),
                            new Live(Integer.toUnsignedLong(command.checkpoint().generation()), new ArrayList<>()));
                    tell(actor, new Event.StateUpdate(new ActorState.Running()));
                }
            }
            case Command.StopActor _ -> {
                if (stopsActors
                        && has(actor)
                        && generation(actor)
                                == Integer.toUnsignedLong(command.checkpoint().generation())) {
                    stopped(actor, StopCode.ERROR);
                }
            }
        }
    }
}
