package mayfly.gateway.rivet;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import mayfly.actors.ActorEngine;
import mayfly.base.ActorId;
import mayfly.core.request.Request;
import mayfly.core.request.RequestEvent;
import mayfly.core.request.RequestFailure;
import mayfly.core.request.Requests;
import mayfly.http.ClientGoneException;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.http.ResponseStream;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/** One HTTP request to an actor, and its answer. */
final class HttpRequestShell extends RequestShell {
    private static final byte[] EMPTY = new byte[0];
    /** Header fields of one connection, which the server sets itself, and those that only the gateway gives. */
    private static final Set<String> NOT_FORWARDED = Set.of(
            "connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade", "x-rivet-ray-id");

    /** Methods that may be done twice as well as once, RFC 9110 section 9.2.2. */
    private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    private static final long REPEATABLE_PATIENCE_MILLIS = 3_000;
    private static final long PATIENCE_MILLIS = 10_000;

    private final Exchange exchange;
    private final String ray;
    private final ToClientKind.RequestStart start;
    private @Nullable ResponseStream stream;

    HttpRequestShell(
            ActorEngine engine,
            Room room,
            Requests decider,
            ActorId actor,
            Exchange exchange,
            String path,
            byte[] body,
            String ray) {
        super(engine, room, decider, actor);
        this.exchange = exchange;
        this.ray = ray;
        this.start = new ToClientKind.RequestStart(
                actor.value(),
                exchange.method(),
                path,
                headers(exchange, ray),
                body.length == 0 ? Optional.empty() : Optional.of(body),
                false);
        exchange.onClientGone(() -> inbox.put(new Signal.Happened(new RequestEvent.ClientLeft())));
    }

    /** All of the request's header fields; what came repeatedly is one list. */
    static Map<String, String> headers(Exchange exchange, String ray) {
        Map<String, String> headers = new LinkedHashMap<>(32);
        exchange.headers()
                .forEach((name, value) ->
                        headers.merge(name, value, (one, more) -> one + (name.equals("cookie") ? "; " : ", ") + more));
        headers.put("x-rivet-ray-id", ray);
        return headers;
    }

    @Override
    ToClientKind opening() {
        return start;
    }

    @Override
    ToClientKind withdrawal() {
        return new ToClientKind.RequestAbort();
    }

    @Override
    long patienceMillis() {
        return REPEATABLE.contains(exchange.method()) ? REPEATABLE_PATIENCE_MILLIS : PATIENCE_MILLIS;
    }

    @Override
    void said(ToServerKind message) throws IOException {
        switch (message) {
            case ToServerKind.ResponseStart begin when state() instanceof Request.Sent -> begin(begin);
            case ToServerKind.ResponseChunk chunk when state() instanceof Request.Answering -> goOn(chunk);
            case ToServerKind.ResponseAbort _ -> feed(new RequestEvent.Aborted(now()));
            // Out of place: the runner is mistaken, and the request's time ends it.
            case ToServerKind.ResponseStart _, ToServerKind.ResponseChunk _ -> {}
            case ToServerKind.WebSocketOpen _, ToServerKind.WebSocketMessage _ -> {}
            case ToServerKind.WebSocketMessageAck _, ToServerKind.WebSocketClose _ -> {}
        }
    }

    private void begin(ToServerKind.ResponseStart begin) throws IOException {
        Headers headers;
        try {
            headers = answerHeaders(begin);
        } catch (IllegalArgumentException e) {
            feed(new RequestEvent.Refused()); // what cannot be sent would not be better the next time
            return;
        }
        byte[] body = begin.body().orElse(EMPTY);
        feed(new RequestEvent.Answered(!begin.stream()));
        if (!begin.stream()) {
            exchange.send(begin.status(), headers, body);
            return;
        }
        stream = exchange.stream(begin.status(), headers);
        pass(body);
        passed(body);
    }

    private Headers answerHeaders(ToServerKind.ResponseStart begin) {
        if (begin.status() < 200 || begin.status() > 599) {
            throw new IllegalArgumentException("status " + begin.status());
        }
        String origin = exchange.header("origin");
        int more = 2 + Cors.count(origin);
        String[] fields = new String[2 * begin.headers().size() + more];
        int at = 0;
        for (Map.Entry<String, String> header : begin.headers().entrySet()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!NOT_FORWARDED.contains(name) && !name.startsWith("access-control-")) {
                fields[at++] = name;
                fields[at++] = header.getValue();
            }
        }
        fields[at++] = "x-rivet-ray-id";
        fields[at++] = ray;
        Cors.add(fields, at, origin);
        at += Cors.count(origin);
        return Headers.of(at == fields.length ? fields : Arrays.copyOf(fields, at));
    }

    private void goOn(ToServerKind.ResponseChunk chunk) throws IOException {
        if (!pass(chunk.body())) {
            return;
        }
        passed(chunk.body());
        if (chunk.finish()) {
            feed(new RequestEvent.AnswerEnded());
            Objects.requireNonNull(stream).close();
        }
    }

    private void passed(byte[] body) {
        Attempt from = attempt();
        if (from != null) {
            from.passedOn(body.length);
        }
    }

    /** Gives a part of the answer to the client, waiting for it; false when the client is gone. */
    private boolean pass(byte[] body) throws IOException {
        ResponseStream out = Objects.requireNonNull(stream);
        try {
            out.write(body);
            if (inbox.isEmpty()) {
                out.flush();
            }
            return true;
        } catch (ClientGoneException e) {
            feed(new RequestEvent.ClientLeft());
            out.abort();
            return false;
        }
    }

    @Override
    void overflowed() throws IOException {
        Attempt from = attempt();
        if (from != null) {
            from.tunnel().send(withdrawal());
        }
        feed(state() instanceof Request.Answering ? new RequestEvent.Aborted(now()) : new RequestEvent.Refused());
    }

    @Override
    void failed(RequestFailure failure) throws IOException {
        GuardError error = failure == RequestFailure.REFUSED
                ? GuardError.guard(
                        502,
                        "invalid_response",
                        "The actor's answer cannot be sent, or takes more memory than there is.")
                : GuardError.of(failure);
        Answers.fail(exchange, error, ray);
    }

    @Override
    void cut() {
        exchange.abort();
    }
}
