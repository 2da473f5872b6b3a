package mayfly.gateway.rivet;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
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

/** A runner on a real socket that speaks the wire's protocol and answers as a test tells it. */
final class ScriptedRunner implements AutoCloseable {
    /** What the runner does about a message that came through a tunnel. */
    @FunctionalInterface
    interface Script {
        void said(ScriptedRunner runner, MessageId id, ToClientKind message) throws IOException;
    }

    private final Wire wire;
    private final Script script;
    private final Map<String, Long> generations = new ConcurrentHashMap<>();
    private final Map<String, Long> alive = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> events = new ConcurrentHashMap<>();
    private final Map<MessageId, AtomicInteger> indexes = new ConcurrentHashMap<>();
    final Queue<Command.StartActor> starts = new ConcurrentLinkedQueue<>();
    /** Whether a stop is followed at once. */
    volatile boolean stops = true;
    /** Whether a start is followed at once. */
    volatile boolean runs = true;

    volatile boolean closed;

    ScriptedRunner(InetSocketAddress server, String pool, String key, Script script, String... headers)
            throws IOException {
        this.wire = new Wire(server);
        this.script = script;
        String target = "/runners/connect?protocol_version=7&namespace=default&runner_key=" + key;
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = "Sec-WebSocket-Protocol: rivet";
        if (wire.upgrade(target, all).status() != 101) {
            throw new IOException("not upgraded");
        }
        send(new ToServer.Init(pool, 1, 100_000, Optional.empty(), Optional.empty()));
        wire.socket.setSoTimeout(0);
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try {
            while (true) {
                Wire.Frame frame = wire.frame();
                if (frame.first() != Wire.BINARY) {
                    return;
                }
                take(RunnerProtocol.decodeToClient(frame.payload()));
            }
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            // The test, or the server, closed it.
        }
    }

    private void take(ToClient message) throws IOException {
        switch (message) {
            case ToClient.Commands(var commands) -> {
                for (CommandWrapper command : commands) {
                    take(command);
                }
            }
            case ToClient.TunnelMessage(var id, var kind) -> script.said(this, id, kind);
            case ToClient.Ping(var ts) -> send(new ToServer.Pong(ts));
            case ToClient.Init _, ToClient.AckEvents _, ToClient.KvResponse _ -> {}
        }
    }

    private void take(CommandWrapper wrapped) throws IOException {
        String actor = wrapped.checkpoint().actorId();
        switch (wrapped.inner()) {
            case Command.StartActor start -> {
                generations.put(
                        actor, Integer.toUnsignedLong(wrapped.checkpoint().generation()));
                events.put(actor, new AtomicInteger());
                alive.put(actor, generation(actor));
                starts.add(start);
                if (runs) {
                    running(actor);
                }
            }
            case Command.StopActor _ -> {
                // As Rivet's runner: one that it does not have, or another stay of it, is passed over in silence.
                long generation = Integer.toUnsignedLong(wrapped.checkpoint().generation());
                if (stops && alive.remove(actor, generation)) {
                    stopped(actor);
                }
            }
        }
    }

    void running(String actor) {
        event(actor, new Event.StateUpdate(new ActorState.Running()));
    }

    void wantsSleep(String actor) {
        event(actor, new Event.Intent(ActorIntent.SLEEP));
    }

    void stopped(String actor) {
        event(actor, new Event.StateUpdate(new ActorState.Stopped(StopCode.ERROR, Optional.empty())));
    }

    private void event(String actor, Event event) {
        int generation = (int) (long) generations.get(actor);
        ActorCheckpoint at =
                new ActorCheckpoint(actor, generation, events.get(actor).getAndIncrement());
        send(new ToServer.Events(List.of(new EventWrapper(at, event))));
    }

    void say(MessageId to, ToServerKind message) {
        MessageId request = new MessageId(to.gatewayId(), to.requestId(), 0);
        int index = indexes.computeIfAbsent(request, _ -> new AtomicInteger()).getAndIncrement() & 0xffff;
        send(new ToServer.TunnelMessage(new MessageId(to.gatewayId(), to.requestId(), index), message));
    }

    void answer(MessageId to, int status, byte[] body) {
        say(to, new ToServerKind.ResponseStart(status, Map.of("x-own", "yes"), Optional.of(body), false));
    }

    void closeSocket(MessageId to, int code, String reason) {
        say(to, new ToServerKind.WebSocketClose(OptionalInt.of(code), Optional.of(reason), false));
    }

    void send(ToServer message) {
        try {
            wire.frame(Wire.BINARY, RunnerProtocol.encode(message));
        } catch (IOException e) {
            closed = true; // the test closed it, or the server did
        }
    }

    long generation(String actor) {
        return generations.getOrDefault(actor, -1L);
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}
