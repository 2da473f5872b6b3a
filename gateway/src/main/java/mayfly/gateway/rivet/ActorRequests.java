package mayfly.gateway.rivet;

import java.io.IOException;
import java.util.Optional;
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
import mayfly.http.Refusal;
import mayfly.store.NamespaceRecord;
import mayfly.store.StoreException;

/** Takes requests for actors: finds or makes the actor, then lets the request's shell run. */
final class ActorRequests {
    /** A body as it came and as it is sent. */
    private static final int BODY_COPIES = 2;

    private final ActorEngine engine;
    private final Room room;
    private final Requests http;

    ActorRequests(ActorEngine engine, Room room, GatewayTimes times) {
        this.engine = engine;
        this.room = room;
        this.http = new Requests(times.http());
    }

    /** Serves a request for what the target names; returns when it is over. */
    void serve(Exchange exchange, Target.OfActor target, String ray) throws IOException {
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
            System.getLogger("mayfly.gateway").log(System.Logger.Level.ERROR, "store failed on a request", e);
            Answers.fail(exchange, GuardError.of(500, "core", "internal_error", "An internal error occurred"), ray);
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
