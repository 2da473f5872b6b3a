package mayfly.gateway;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mayfly.api.InvalidException;
import mayfly.api.InvocationAccepted;
import mayfly.api.InvocationPage;
import mayfly.api.InvocationResponse;
import mayfly.api.InvocationStatus;
import mayfly.api.Json;
import mayfly.api.Problem;
import mayfly.base.ErrorCode;
import mayfly.base.InvocationId;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.gateway.rivet.Room;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.machine.GuestError;
import mayfly.machine.Outcome;
import mayfly.node.AsyncCalls;
import mayfly.node.Invocations;
import mayfly.store.InvocationFilter;
import org.jspecify.annotations.Nullable;

/** Invoking functions, and looking at invocations. */
final class InvokeCalls {
    private static final long WAIT_MS_MAX = 60_000;

    private final Invocations invocations;
    private final AsyncCalls async;
    private final BodyBudget bodies;

    InvokeCalls(Invocations invocations, AsyncCalls async, BodyBudget bodies) {
        this.invocations = invocations;
        this.async = async;
        this.bodies = bodies;
    }

    void invoke(Exchange exchange, String name) throws IOException, InvalidException, RefusedException {
        // twice: the payload, and what the connection to the machine still holds of it
        try (Room.Held _ = bodies.reserve(exchange, Limits.PAYLOAD_BYTES_MAX, 2)) {
            invoke(exchange, name, exchange.body(Limits.PAYLOAD_BYTES_MAX));
        }
    }

    private void invoke(Exchange exchange, String name, byte[] payload)
            throws IOException, InvalidException, RefusedException {
        boolean json = checkedJson(exchange.header("content-type"), payload);
        Invocations.Ran ran = invocations.invoke(name, payload, json);
        Headers headers = Headers.of(
                "mayfly-invocation", ran.id().value(),
                "mayfly-start", ran.start(),
                "mayfly-machine", ran.machine(),
                "mayfly-version", Integer.toString(ran.version()));
        switch (ran.outcome()) {
            case Outcome.Success success ->
                exchange.send(
                        200,
                        headers.with("content-type", success.json() ? "application/json" : "application/octet-stream"),
                        success.output());
            case Outcome.HandlerError raised -> {
                GuestError error = raised.error();
                String detail = "function '" + name + "' raised " + error.type() + ": " + error.message();
                Answers.problem(
                        exchange, Problem.of(ErrorCode.FUNCTION_ERROR, detail).with(Wire.error(error)), headers);
            }
            case Outcome.TimedOut _ ->
                failed(
                        exchange,
                        headers,
                        ErrorCode.FUNCTION_TIMEOUT,
                        "function '" + name + "' did not answer within its timeout_ms; its machine was killed");
            case Outcome.Crashed(var reason) ->
                failed(exchange, headers, ErrorCode.FUNCTION_CRASHED, "function '" + name + "' crashed: " + reason);
            case Outcome.NotStarted(var reason) ->
                failed(
                        exchange,
                        headers,
                        ErrorCode.MACHINE_FAILED,
                        "function '" + name + "' could not be started: " + reason);
        }
    }

    private static void failed(Exchange exchange, Headers headers, ErrorCode code, String detail) throws IOException {
        Answers.problem(exchange, Problem.of(code, detail), headers);
    }

    void submit(Exchange exchange, String name) throws IOException, InvalidException, RefusedException {
        byte[] payload = exchange.body(Limits.ASYNC_PAYLOAD_BYTES_MAX);
        InvocationId id = async.submit(name, payload, checkedJson(exchange.header("content-type"), payload));
        Answers.json(exchange, 202, new InvocationAccepted(id.value()));
    }

    /**
     * Whether the payload is JSON. When the caller says so, it must be; when the caller says nothing, or the form type
     * that {@code curl -d} always sends, it is if it looks like it. No body at all is JSON null.
     */
    static boolean checkedJson(@Nullable String type, byte[] payload) throws InvalidException {
        if (payload.length == 0) {
            return true;
        }
        String media = type == null ? "" : type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        if (media.equals("application/json") || media.endsWith("+json")) {
            Json.check(payload);
            return true;
        }
        return (media.isEmpty() || media.equals("application/x-www-form-urlencoded")) && looksLikeJson(payload);
    }

    private static boolean looksLikeJson(byte[] payload) {
        try {
            Json.check(payload);
            return true;
        } catch (InvalidException e) {
            return false;
        }
    }

    void get(Exchange exchange, Query query, String id) throws IOException, InvalidException, RefusedException {
        long wait = query.whole("wait_ms", 0, WAIT_MS_MAX, 0);
        InvocationId invocation = id(id);
        InvocationResponse found = Wire.invocation(invocations
                .await(invocation, Duration.ofMillis(wait))
                .orElseThrow(() -> new RefusedException(
                        ErrorCode.INVOCATION_NOT_FOUND,
                        "there is no invocation " + id + ", or its record was pruned")));
        Answers.json(exchange, 200, found);
    }

    void list(Exchange exchange, Query query) throws IOException, InvalidException {
        int limit = query.limit();
        String cursor = query.text("cursor");
        List<InvocationResponse> items = invocations
                .list(new InvocationFilter(
                        query.text("function"),
                        status(query.text("status")),
                        cursor == null ? null : id(cursor),
                        limit))
                .stream()
                .map(Wire::invocation)
                .toList();
        Optional<String> next = items.size() < limit
                ? Optional.empty()
                : Optional.of(items.getLast().id());
        Answers.json(exchange, 200, new InvocationPage(items, next));
    }

    private static @Nullable String status(@Nullable String text) throws InvalidException {
        if (text == null) {
            return null;
        }
        for (InvocationStatus status : InvocationStatus.values()) {
            if (Wire.word(status).equals(text)) {
                return text;
            }
        }
        throw Query.invalid("status", "must be pending, running, success, error, timeout or cancelled");
    }

    private static InvocationId id(String text) throws InvalidException {
        try {
            return new InvocationId(text);
        } catch (IllegalArgumentException e) {
            throw Query.invalid("id", "is not an invocation id (inv_ and 26 characters)");
        }
    }
}
