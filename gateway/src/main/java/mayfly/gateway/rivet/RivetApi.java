package mayfly.gateway.rivet;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorError;
import mayfly.actors.ActorException;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.http.BodyException;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.store.StoreException;

/** Rivet's REST interface: finds the call, lets callers in, answers; failures in Rivet's shape. */
public final class RivetApi {
    private static final System.Logger LOG = System.getLogger("mayfly.gateway.rivet");

    private final RivetCalls calls;
    private final Doorman doorman;

    /**
     * @param version of Mayfly
     * @param room what bodies may take in memory
     */
    public RivetApi(ActorEngine engine, String version, Room room, Doorman doorman) {
        this.calls = new RivetCalls(engine, version, room);
        this.doorman = doorman;
    }

    /** Answers a request for a path of Rivet's interface; false for any other. */
    public boolean handle(Exchange exchange) throws IOException {
        RivetRoute.Match match = RivetRoute.match(exchange.method(), exchange.segments());
        if (match instanceof RivetRoute.Match.Foreign) {
            return false;
        }
        Headers headers = Headers.of("x-rivet-ray-id", RayId.next());
        try {
            answer(exchange, match, headers);
        } catch (RivetException e) {
            send(exchange, e.status(), RestCors.add(exchange, headers), e.body());
        }
        return true;
    }

    private void answer(Exchange exchange, RivetRoute.Match match, Headers headers) throws IOException, RivetException {
        switch (match) {
            case RivetRoute.Match.Found(var route, var parameters) -> {
                enter(exchange, route.open());
                send(exchange, 200, RestCors.add(exchange, headers), call(exchange, route, parameters));
            }
            case RivetRoute.Match.WrongMethod(var allowed) -> {
                boolean asks = exchange.method().equals("OPTIONS");
                enter(exchange, asks);
                Headers more = asks ? RestCors.preflight(exchange, headers) : headers;
                exchange.send(asks ? 200 : 405, RestCors.add(exchange, more).with("allow", allowed), new byte[0]);
            }
            case RivetRoute.Match.Unknown _ -> {
                enter(exchange, false);
                throw new RivetException(
                        404, "api", "not_found", "The requested resource was not found", JsonValue.NULL);
            }
            case RivetRoute.Match.Foreign _ -> throw new AssertionError("no path of this interface");
        }
    }

    private void enter(Exchange exchange, boolean open) throws RivetException {
        try {
            if (open) {
                doorman.checkOpen(exchange);
            } else {
                doorman.check(exchange);
            }
        } catch (RefusedException e) {
            if (e.code() != ErrorCode.REQUEST_UNAUTHORIZED) {
                throw RivetException.forbidden(String.valueOf(e.getMessage()));
            }
            throw RivetException.forbidden(
                    exchange.header("authorization") == null ? "Token not provided" : "Invalid token");
        }
    }

    private JsonValue call(Exchange exchange, RivetRoute route, List<String> parameters)
            throws IOException, RivetException {
        try {
            return calls.answer(exchange, route, parameters);
        } catch (InvalidException e) {
            throw RivetException.badRequest(String.valueOf(e.getMessage()));
        } catch (ActorException e) {
            throw refusal(e);
        } catch (RefusedException e) {
            throw new RivetException(429, "api", "limit_reached", String.valueOf(e.getMessage()), JsonValue.NULL);
        } catch (BodyException e) {
            exchange.closeAfterResponse();
            throw RivetException.badRequest("Failed to buffer the request body: " + e.getMessage());
        } catch (StoreException e) {
            LOG.log(System.Logger.Level.ERROR, "store failed on " + exchange.path(), e);
            throw new RivetException(500, "core", "internal_error", "An internal error occurred", JsonValue.NULL);
        }
    }

    private static RivetException refusal(ActorException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e.error()) {
            // Rivet says 400 here of an actor that there is not; its gateway says 404.
            case NOT_FOUND -> RivetException.actorNotFound();
            case BAD_REQUEST -> RivetException.badRequest(message);
            case RUNNER_CONFIG_INVALID -> because(e.error(), "Invalid runner config: ", message);
            case NAMESPACE_INVALID -> because(e.error(), "Failed to create namespace: ", message);
            default ->
                new RivetException(
                        e.error().status(), e.error().group(), e.error().code(), message, metadata(e.metadata()));
        };
    }

    private static RivetException because(ActorError error, String what, String reason) {
        return new RivetException(
                error.status(), error.group(), error.code(), what + reason, Members.of("reason", reason));
    }

    private static JsonValue metadata(Map<String, String> metadata) {
        Members members = new Members();
        metadata.forEach(members::put);
        return metadata.isEmpty() ? JsonValue.NULL : members.json();
    }

    private static void send(Exchange exchange, int status, Headers headers, JsonValue body) throws IOException {
        exchange.send(status, headers.with("content-type", "application/json"), Json.write(body));
    }
}
