package mayfly.gateway.rivet;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorListener;
import mayfly.actors.ActorPlace;
import mayfly.actors.ActorWatch;
import mayfly.actors.Tunnel;
import mayfly.actors.TunnelListener;
import mayfly.core.request.Requests;
import mayfly.gateway.rivet.SentMessages.Sent;
import mayfly.gateway.rivet.SocketEvent.ClientSaid;
import mayfly.http.CloseCode;
import mayfly.http.WebSocket;
import mayfly.http.WebSocketListener;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/**
 * A client's WebSocket to an actor, from its handshake to its end. What the client says before the actor took it, or while
 * the actor sleeps, waits here, and what it said and the actor did not acknowledge; a client that is far ahead is made to
 * wait. Events pass a {@link Turnstile}, which is the one writer of everything below.
 */
final class ActorSocket implements WebSocketListener, ActorListener {
    /** What a client may be ahead of its actor before it is not read any more. */
    private static final long AHEAD_BYTES = 256 * 1024;
    /** What may wait for a runner's socket before clients of its actors are not read any more. */
    private static final long RUNNER_BYTES = 8L << 20;

    /** Its end, for whoever waits for it to be taken. */
    private final Runnable left;

    private final ActorEngine engine;
    private final Waking waking;
    private final LiveSockets live;
    private final String ray;
    private final long ackMillis;
    private final Turnstile<SocketEvent> turnstile = new Turnstile<>(this::handle);

    private enum Stage {
        OPENING,
        /** An actor has it. */
        OPEN,
        /** Its actor sleeps, and is woken when the client says something. */
        ASLEEP,
        CLOSED
    }

    private Stage stage = Stage.OPENING;
    private @Nullable WebSocket socket;
    private @Nullable ActorWatch watch;
    private boolean hibernates;
    /** The current way to the actor; in sleep the last one. */
    private @Nullable Tunnel tunnel;
    /** Counts the stays of the actor, so that what an earlier one says is known as that. */
    private int stay;
    /** By what runners know it, from when it was taken: the same over all stays. */
    private volatile @Nullable HibernatingRequest name;

    private final Deque<ClientSaid> waiting = new ArrayDeque<>(0);
    private long waitingBytes;
    private final SentMessages sent = new SentMessages();
    private boolean paused;

    /** @param left runs when the client leaves before its actor took it; any thread */
    ActorSocket(ActorEngine engine, GatewayTimes times, LiveSockets live, String ray, Runnable left) {
        this.engine = engine;
        this.waking = new Waking(new Requests(times.opening()), this::resume, this::fail);
        this.ackMillis = times.ackMax().toMillis();
        this.live = live;
        this.ray = ray;
        this.left = left;
    }

    void put(SocketEvent event) {
        turnstile.put(event);
    }

    /** What the runner says in this stay of the actor. */
    TunnelListener stay(int number) {
        return new TunnelListener() {
            @Override
            public void message(ToServerKind message, int index) {
                put(new SocketEvent.RunnerSaid(number, message));
            }

            @Override
            public void reconnected() {
                put(new SocketEvent.RunnerReconnected(number));
            }

            @Override
            public void gone() {
                put(new SocketEvent.StayEnded(number));
            }
        };
    }

    // ---- from the client's socket and the actor: any thread

    @Override
    public void text(byte[] utf8) {
        put(new ClientSaid(utf8, false));
    }

    @Override
    public void binary(byte[] data) {
        put(new ClientSaid(data, true));
    }

    @Override
    public void closed(int code, String reason) {
        put(new SocketEvent.ClientLeft(code, reason));
        left.run();
    }

    @Override
    public void ready(ActorPlace at) {
        put(new SocketEvent.ActorReady(at));
    }

    @Override
    public void stopped(long generation) {
        put(new SocketEvent.ActorStopped(generation));
    }

    @Override
    public void destroyed() {
        put(new SocketEvent.ActorDestroyed());
    }

    // ---- the one writer

    private void handle(SocketEvent event) {
        if (stage == Stage.CLOSED) {
            if (event instanceof SocketEvent.Taken(var late, var unwanted, var _)) {
                unwanted.send(closeMessage(CloseCode.CUT, ""));
                unwanted.close();
                late.close();
            }
            return;
        }
        switch (event) {
            case SocketEvent.Connected(var opened) -> socket = opened;
            case ClientSaid said -> clientSaid(said);
            case SocketEvent.ClientLeft(var code, var reason) -> clientLeft(code, reason);
            case SocketEvent.Taken taken -> taken(taken);
            case SocketEvent.Failed(var error) -> fail(error);
            case SocketEvent.RunnerSaid(var number, var message) -> {
                if (number == stay && stage == Stage.OPEN) {
                    runnerSaid(message);
                }
            }
            case SocketEvent.RunnerReconnected(var number) -> {
                if (number == stay && stage == Stage.OPEN) {
                    replay();
                }
            }
            case SocketEvent.StayEnded(var number) -> {
                if (number == stay && stage == Stage.OPEN) {
                    stayEnded();
                }
            }
            case SocketEvent.ActorReady(var at) -> {
                if (stage == Stage.ASLEEP) {
                    waking.ready(at);
                }
            }
            case SocketEvent.ActorStopped(var generation) -> waking.stopped(generation);
            case SocketEvent.ActorDestroyed _ -> {
                if (stage == Stage.ASLEEP) {
                    close(CloseCode.NORMAL, "actor.destroyed");
                }
            }
            case SocketEvent.Tick _ -> tick();
        }
    }

    private static long now() {
        return RequestShell.now();
    }

    private WebSocket socket() {
        return Objects.requireNonNull(socket);
    }

    private Tunnel tunnel() {
        return Objects.requireNonNull(tunnel);
    }

    private void clientSaid(ClientSaid said) {
        if (stage == Stage.OPEN) {
            forward(said);
        } else {
            waiting.add(said);
            waitingBytes += said.data().length;
            if (stage == Stage.ASLEEP) {
                waking.begin();
            }
        }
        pause();
    }

    private void forward(ClientSaid said) {
        int index = tunnel().send(new ToClientKind.WebSocketMessage(said.data(), said.binary()));
        if (hibernates) {
            sent.add(new Sent(index, said.data(), said.binary(), now()));
        }
    }

    /** Lets a client wait that is too far ahead, or go on. */
    private void pause() {
        boolean ahead = waitingBytes + sent.bytes() > AHEAD_BYTES
                || (stage == Stage.OPEN && tunnel().queuedBytes() > RUNNER_BYTES);
        if (ahead != paused && socket != null) {
            paused = ahead;
            socket.reading(!ahead);
        }
        live.watch(this, stage != Stage.CLOSED && (paused || sent.count() > 0 || waking.isUnderWay()));
    }

    private void clientLeft(int code, String reason) {
        if (stage == Stage.OPEN) {
            tunnel().send(closeMessage(code, reason));
        }
        end();
    }

    /** What a runner hears of the client's end. */
    private static ToClientKind closeMessage(int code, String reason) {
        return switch (code) {
            case CloseCode.CUT ->
                new ToClientKind.WebSocketClose(OptionalInt.of(CloseCode.FAILED), Optional.of("ws.downstream_closed"));
            case CloseCode.NONE -> new ToClientKind.WebSocketClose(OptionalInt.empty(), Optional.empty());
            default -> new ToClientKind.WebSocketClose(OptionalInt.of(code), Optional.of(reason));
        };
    }

    private void taken(SocketEvent.Taken taken) {
        watch = taken.watch();
        tunnel = taken.tunnel();
        name = new HibernatingRequest(tunnel.gatewayId(), tunnel.requestId());
        hibernates = taken.hibernates();
        stage = Stage.OPEN;
        if (hibernates) {
            live.add(this, tunnel.place().actor());
        }
        flushWaiting();
    }

    private void flushWaiting() {
        for (ClientSaid said = waiting.poll(); said != null; said = waiting.poll()) {
            waitingBytes -= said.data().length;
            forward(said);
        }
        pause();
    }

    private void runnerSaid(ToServerKind message) {
        switch (message) {
            case ToServerKind.WebSocketMessage(var data, var binary) -> {
                if (binary) {
                    socket().binary(data);
                } else {
                    socket().text(data);
                }
            }
            case ToServerKind.WebSocketMessageAck(var index) -> {
                sent.acknowledged(index);
                pause();
            }
            case ToServerKind.WebSocketClose close -> closedByRunner(close);
            // Out of place: dropped.
            case ToServerKind.WebSocketOpen _, ToServerKind.ResponseStart _ -> {}
            case ToServerKind.ResponseChunk _, ToServerKind.ResponseAbort _ -> {}
        }
    }

    private void closedByRunner(ToServerKind.WebSocketClose close) {
        if (close.hibernate() && hibernates) {
            tunnel().close();
            fallAsleep();
            return;
        }
        int code = close.code().orElse(CloseCode.NORMAL);
        close(CloseCode.sendable(code) ? code : CloseCode.FAILED, close.reason().orElse(""));
    }

    private void stayEnded() {
        if (hibernates) {
            fallAsleep();
        } else {
            close(CloseCode.NORMAL, "actor.stopped");
        }
    }

    // ---- sleep

    private void fallAsleep() {
        stage = Stage.ASLEEP;
        stay++;
        ActorWatch its = Objects.requireNonNull(watch);
        if (its.isDestroyed()) {
            close(CloseCode.NORMAL, "actor.destroyed");
        } else if (!waking.left(its, tunnel().place().generation()) && sent.isOpen()) {
            waking.begin();
        }
        pause();
    }

    /** Goes on at a later place of the actor, with what it may not have heard. False when it left that place already. */
    private boolean resume(ActorPlace at) {
        Optional<Tunnel> next = engine.resume(tunnel(), at, stay(stay));
        if (next.isEmpty()) {
            return false;
        }
        tunnel = next.get();
        stage = Stage.OPEN;
        replay();
        flushWaiting();
        return true;
    }

    /** Says again what the actor may not have heard; it knows by the numbers what it has. */
    private void replay() {
        sent.replay(it -> tunnel().sendAgain(new ToClientKind.WebSocketMessage(it.data(), it.binary()), it.index()));
    }

    private void tick() {
        waking.tick();
        if (stage == Stage.OPEN && hibernates && now() - ackMillis > sent.oldestMillis()) {
            fail(GuardError.guard(504, "tunnel_message_timeout", "The actor did not acknowledge a message in time."));
        }
        if (stage != Stage.CLOSED) {
            pause();
        }
    }

    // ---- the end

    private void fail(GuardError error) {
        close(CloseCode.FAILED, error.name() + "#" + ray);
    }

    /** Tells the client, and ends. */
    private void close(int code, String reason) {
        if (socket != null) {
            socket.close(code, reason);
        }
        end();
    }

    private void end() {
        boolean was = hibernates;
        stage = Stage.CLOSED;
        waking.end();
        waiting.clear();
        live.watch(this, false);
        if (was) {
            live.remove(this, tunnel().place().actor());
        }
        if (tunnel != null) {
            tunnel.close();
        }
        if (watch != null) {
            watch.close();
        }
    }

    /** By what runners know it. Any thread, once it is taken. */
    HibernatingRequest name() {
        return Objects.requireNonNull(name);
    }
}
