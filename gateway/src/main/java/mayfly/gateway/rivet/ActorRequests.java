package mayfly.gateway.rivet;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import mayfly.actors.ActorCatalog;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorException;
import mayfly.actors.ActorRequest;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.core.request.Requests;
import mayfly.http.BodyException;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.http.Refusal;
import mayfly.http.WebSocket;
import mayfly.http.WebSocketSpec;
import mayfly.store.NamespaceRecord;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/** Takes requests for actors: finds or makes the actor, then lets the request's shell run. */
final class ActorRequests {
    /** A body as it came and as it is sent. */
    private static final int BODY_COPIES = 2;

    private static final System.Logger LOG = System.getLogger("mayfly.gateway");
    private static final String PROTOCOL = "rivet";
    private static final GuardError INTERNAL =
            GuardError.of(500, "core", "internal_error", "An internal error occurred");
    private static final WebSocketSpec SOCKET = new WebSocketSpec(
            Limits.ACTOR_BODY_BYTES_MAX,
            Limits.ACTOR_BODY_BYTES_MAX + 4L * Limits.MIB,
            Duration.ofSeconds(5),
            Duration.ofSeconds(30));

    private final ActorEngine engine;
    private final Room room;
    private final Requests http;
    private final Requests opening;
    private final GatewayTimes times;
    private final LiveSockets live;

    ActorRequests(ActorEngine engine, Room room, GatewayTimes times, LiveSockets live) {
        this.engine = engine;
        this.room = room;
        this.http = new Requests(times.http());
        this.opening = new Requests(times.opening());
        this.times = times;
        this.live = live;
    }

    /** Serves a request for what the target names; returns when it is over, or when its WebSocket goes on alone. */
    void serve(Exchange exchange, Target.OfActor target, String ray) throws IOException {
        if (exchange.wantsWebSocket()) {
            webSocket(exchange, target, ray);
            return;
        }
        try {
            if (exchange.method().equals("OPTIONS")) {
                Answers.preflight(exchange, ray);
                return;
            }
            http(exchange, find(target), target.path(), ray);
        } catch (GuardException e) {
            Answers.fail(exchange, e.error(), ray);
        } catch (ActorException e) {
            Answers.fail(exchange, GuardError.of(e), ray);
        } catch (StoreException e) {
            LOG.log(System.Logger.Level.ERROR, "store failed on a request", e);
            Answers.fail(exchange, INTERNAL, ray);
        }
    }

    private void http(Exchange exchange, ActorId actor, String path, String ray) throws IOException, GuardException {
        try (Room.Held _ = room.reserve(exchange, Limits.ACTOR_BODY_BYTES_MAX, BODY_COPIES)) {
            byte[] body = exchange.body(Limits.ACTOR_BODY_BYTES_MAX);
            new HttpRequestShell(engine, room, http, actor, exchange, path, body, ray).run();
        } catch (RefusedException e) {
            throw new GuardException(GuardError.guard(503, "service_unavailable", String.valueOf(e.getMessage())));
        } catch (BodyException e) {
            if (e.refusal() != Refusal.BODY_TOO_LARGE || exchange.answered()) {
                throw e;
            }
            throw new GuardException(
                    GuardError.guard(413, "invalid_request_body", "Unable to parse request body: it is over 20 MiB."));
        }
    }

    /** The client's side is opened at once, for its errors are close frames; what it says waits for the actor. */
    private void webSocket(Exchange exchange, Target.OfActor target, String ray) throws IOException {
        AtomicReference<@Nullable SocketOpening> underWay = new AtomicReference<>();
        ActorSocket socket = new ActorSocket(engine, times, live, ray, () -> {
            SocketOpening its = underWay.get();
            if (its != null) {
                its.clientLeft();
            }
        });
        String protocol = exchange.webSocketProtocols().contains(PROTOCOL) ? PROTOCOL : null;
        WebSocket client = exchange.acceptWebSocket(protocol, Headers.of("x-rivet-ray-id", ray), SOCKET, socket);
        socket.put(new SocketEvent.Connected(client)); // before anything that may have to close it
        try {
            SocketOpening shell = new SocketOpening(
                    engine,
                    room,
                    opening,
                    find(target),
                    socket,
                    target.path(),
                    HttpRequestShell.headers(exchange, ray));
            underWay.set(shell);
            shell.run();
        } catch (GuardException e) {
            socket.put(new SocketEvent.Failed(e.error()));
        } catch (ActorException e) {
            socket.put(new SocketEvent.Failed(GuardError.of(e)));
        } catch (StoreException e) {
            LOG.log(System.Logger.Level.ERROR, "store failed on a WebSocket", e);
            socket.put(new SocketEvent.Failed(INTERNAL));
        }
    }

    private ActorId find(Target.OfActor target) throws GuardException, ActorException {
        return switch (target) {
            case Target.ById(var id, var _) -> byId(id);
            case Target.ByName(var name, var _) -> byName(name);
        };
    }

    private static ActorId byId(String id) throws GuardException {
        try {
            return new ActorId(id);
        } catch (IllegalArgumentException e) {
            throw new GuardException(GuardError.noActor());
        }
    }

    private ActorId byName(Target.Name name) throws GuardException, ActorException {
        NamespaceRecord namespace = engine.namespaces().require(name.namespace());
        ActorCatalog catalog = engine.catalog();
        if (name.wanted().isEmpty()) {
            return catalog.byKey(namespace, name.name(), name.key())
                    .orElseThrow(() -> new GuardException(GuardError.noActor()))
                    .id();
        }
        Target.Wanted wanted = name.wanted().get();
        return catalog.getOrCreate(new ActorRequest(
                        namespace,
                        name.name(),
                        Optional.of(name.key()),
                        wanted.pool(),
                        wanted.crashPolicy(),
                        wanted.input()))
                .actor()
                .id();
    }
}
