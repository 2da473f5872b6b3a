package mayfly.gateway.rivet;

import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorPlace;
import mayfly.base.ActorId;
import mayfly.core.request.Request;
import mayfly.core.request.RequestEvent;
import mayfly.core.request.RequestFailure;
import mayfly.core.request.Requests;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/** Finds an actor that takes a client's WebSocket, and hands it over to {@link ActorSocket}. */
final class SocketOpening extends RequestShell {
    private static final long PATIENCE_MILLIS = 1_000;

    private final ActorSocket socket;
    private final ToClientKind.WebSocketOpen open;
    private boolean hibernates;
    private volatile boolean handedOver;

    SocketOpening(
            ActorEngine engine,
            Room room,
            Requests decider,
            ActorId actor,
            ActorSocket socket,
            String path,
            Map<String, String> headers) {
        super(engine, room, decider, actor);
        this.socket = socket;
        this.open = new ToClientKind.WebSocketOpen(actor.value(), path, headers);
    }

    void clientLeft() {
        inbox.put(new Signal.Happened(new RequestEvent.ClientLeft()));
    }

    @Override
    void run() throws IOException {
        super.run();
        @Nullable Attempt taken = attempt();
        if (state() instanceof Request.Answering && taken != null) {
            handedOver = true;
            socket.put(new SocketEvent.Taken(watch(), taken.tunnel(), hibernates));
            taken.handOver(socket.stay(0));
        }
    }

    @Override
    boolean isOver(Request request) {
        return request instanceof Request.Ended || request instanceof Request.Answering;
    }

    @Override
    boolean isLeft() {
        return !(state() instanceof Request.Answering);
    }

    @Override
    ToClientKind opening() {
        return open;
    }

    @Override
    ToClientKind withdrawal() {
        return new ToClientKind.WebSocketClose(OptionalInt.of(1011), Optional.of("ws.downstream_closed"));
    }

    @Override
    long patienceMillis() {
        return PATIENCE_MILLIS;
    }

    @Override
    void said(ToServerKind message) throws IOException {
        switch (message) {
            case ToServerKind.WebSocketOpen(var canHibernate) -> {
                hibernates = canHibernate;
                feed(new RequestEvent.Answered(false));
            }
            case ToServerKind.WebSocketClose _ -> feed(new RequestEvent.Refused());
            // Out of place: the opening's time ends it.
            case ToServerKind.WebSocketMessage _, ToServerKind.WebSocketMessageAck _ -> {}
            case ToServerKind.ResponseStart _, ToServerKind.ResponseChunk _, ToServerKind.ResponseAbort _ -> {}
        }
    }

    @Override
    void overflowed() throws IOException {
        Objects.requireNonNull(attempt()).tunnel().send(withdrawal());
        feed(new RequestEvent.Refused());
    }

    @Override
    void failed(RequestFailure failure) {
        socket.put(new SocketEvent.Failed(GuardError.of(failure)));
    }

    @Override
    void cut() {}

    // ---- news of the actor: any thread

    @Override
    public void ready(ActorPlace at) {
        if (handedOver) {
            socket.ready(at);
        } else {
            super.ready(at);
        }
    }

    @Override
    public void stopped(long generation) {
        if (handedOver) {
            socket.stopped(generation);
        } else {
            super.stopped(generation);
        }
    }

    @Override
    public void destroyed() {
        if (handedOver) {
            socket.destroyed();
        } else {
            super.destroyed();
        }
    }
}
