package mayfly.gateway.rivet;

import java.util.Map;
import java.util.TreeMap;
import mayfly.actors.ActorException;
import mayfly.core.request.RequestFailure;

/**
 * Why the gateway refuses, as Rivet's clients expect to be told.
 *
 * @param metadata what programs want to know of it, by name
 */
record GuardError(int status, String group, String code, String message, Map<String, String> metadata) {
    private static final String GUARD = "guard";

    GuardError {
        metadata = Map.copyOf(metadata);
    }

    /** The short form: {@code group.code}. */
    String name() {
        return group + "." + code;
    }

    static GuardError of(int status, String group, String code, String message) {
        return new GuardError(status, group, code, message, Map.of());
    }

    static GuardError of(ActorException e) {
        Map<String, String> metadata = new TreeMap<>(e.metadata());
        return new GuardError(
                e.error().status(), e.error().group(), e.error().code(), String.valueOf(e.getMessage()), metadata);
    }

    static GuardError of(RequestFailure failure) {
        return switch (failure) {
            case NO_ACTOR -> noActor();
            case DESTROYED_WHILE_WAITING ->
                of(
                        400,
                        "actor",
                        "destroyed_while_waiting_for_ready",
                        "The actor was destroyed while a request waited.");
            case NOT_READY ->
                guard(503, "actor_ready_timeout", "The actor did not become ready in time; is there a runner for it?");
            case STOPS_WHEN_WOKEN ->
                guard(503, "actor_wake_retries_exceeded", "The actor stopped each time that it was woken.");
            case POOL_FAILS -> guard(400, "actor_runner_failed", "The actor's pool cannot get a runner for it.");
            case STOPPED_WHILE_ANSWERING ->
                guard(503, "actor_stopped_while_waiting", "The actor stopped before it answered.");
            case ABORTED_BY_RUNNER -> guard(502, "tunnel_request_aborted", "The actor's runner gave the request up.");
            case NO_ANSWER ->
                guard(504, "gateway_response_start_timeout", "The actor did not begin to answer in time.");
            case REFUSED -> guard(502, "websocket_service_unavailable", "The actor refused the WebSocket.");
            case ATTEMPTS_EXCEEDED ->
                guard(502, "retry_attempts_exceeded", "The actor could not be reached; all attempts failed.");
        };
    }

    static GuardError noActor() {
        return of(404, "actor", "not_found", "The actor does not exist or was destroyed.");
    }

    static GuardError forbidden(String message) {
        return of(403, "api", "forbidden", message);
    }

    static GuardError missingHeader(String header) {
        return new GuardError(400, GUARD, "missing_header", "Missing " + header + " header.", Map.of("header", header));
    }

    static GuardError invalidParameters(String detail) {
        return new GuardError(
                400,
                GUARD,
                "query_invalid_params",
                "invalid query gateway params: " + detail,
                Map.of("detail", detail));
    }

    static GuardError guard(int status, String code, String message) {
        return of(status, GUARD, code, message);
    }
}
