package mayfly.gateway.rivet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorException;
import mayfly.actors.RunnerHello;
import mayfly.actors.RunnerLink;
import mayfly.actors.RunnerSession;
import mayfly.base.Limits;
import mayfly.http.CloseCode;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.http.WebSocket;
import mayfly.http.WebSocketListener;
import mayfly.http.WebSocketSpec;
import org.jspecify.annotations.Nullable;

/** Lets runners in: each socket becomes a session of the engine. Refusals come as close frames, which runners read. */
final class RunnerSockets {
    private static final WebSocketSpec SPEC = new WebSocketSpec(
            Limits.RUNNER_FRAME_BYTES_MAX,
            4L * Limits.RUNNER_FRAME_BYTES_MAX,
            Duration.ofSeconds(5),
            Duration.ofSeconds(30));
    private static final String TOKEN = "rivet_token.";

    private final ActorEngine engine;
    private final Doorman doorman;

    RunnerSockets(ActorEngine engine, Doorman doorman) {
        this.engine = engine;
        this.doorman = doorman;
    }

    void serve(Exchange exchange, String ray) throws IOException {
        if (!exchange.wantsWebSocket()) {
            byte[] text = "WebSocket endpoint of runners\n".getBytes(StandardCharsets.UTF_8);
            exchange.send(200, Headers.of("content-type", "text/plain", "x-rivet-ray-id", ray), text);
            return;
        }
        List<String> protocols = exchange.webSocketProtocols();
        String protocol = protocols.contains("rivet") ? "rivet" : null;
        exchange.acceptWebSocket(protocol, Headers.of("x-rivet-ray-id", ray), SPEC, new Socket(hello(exchange), ray));
    }

    /** How the runner introduces itself, or why it is refused. */
    private Greeting hello(Exchange exchange) {
        String token = token(exchange);
        if (!doorman.admits(token)) {
            return new Greeting.Refused(token == null ? "guard.missing_header" : "api.forbidden");
        }
        String key = exchange.query("runner_key");
        String version = exchange.query("protocol_version");
        if (key == null || key.isEmpty() || key.length() > Limits.RUNNER_NAME_CHARS_MAX || version == null) {
            return new Greeting.Refused("ws.invalid_url");
        }
        try {
            String namespace = Optional.ofNullable(exchange.query("namespace")).orElse("default");
            return new Greeting.Hello(
                    new RunnerHello(namespace, key, Integer.parseInt(version), Optional.ofNullable(token)));
        } catch (NumberFormatException e) {
            return new Greeting.Refused("ws.invalid_url");
        }
    }

    private sealed interface Greeting {
        record Hello(RunnerHello hello) implements Greeting {}

        record Refused(String name) implements Greeting {}
    }

    private static @Nullable String token(Exchange exchange) {
        String offered = Routing.protocol(exchange.webSocketProtocols(), TOKEN);
        if (offered != null) {
            return Percent.decode(offered, false).orElse(offered);
        }
        String header = exchange.header("x-rivet-token");
        return header != null ? header : Bearer.token(exchange.header("authorization"));
    }

    /** The link to a runner, over its WebSocket. */
    private record Link(WebSocket socket, String ray) implements RunnerLink {
        @Override
        public void send(byte[] frame) {
            socket.binary(frame);
        }

        @Override
        public void close(int code, String reason) {
            socket.close(code, reason + "#" + ray);
        }

        @Override
        public long queuedBytes() {
            return socket.queuedBytes();
        }
    }

    private final class Socket implements WebSocketListener {
        private final Greeting greeting;
        private final String ray;
        private @Nullable RunnerSession session;
        private @Nullable WebSocket socket;

        Socket(Greeting greeting, String ray) {
            this.greeting = greeting;
            this.ray = ray;
        }

        @Override
        public void opened(WebSocket opened) {
            socket = opened;
            switch (greeting) {
                case Greeting.Refused(var name) -> opened.close(CloseCode.FAILED, name + "#" + ray);
                case Greeting.Hello(var hello) -> {
                    try {
                        session = engine.connect(hello, new Link(opened, ray));
                    } catch (ActorException e) {
                        opened.close(
                                CloseCode.FAILED,
                                e.error().group() + "." + e.error().code() + "#" + ray);
                    }
                }
            }
        }

        @Override
        public void text(byte[] utf8) {
            if (socket != null) {
                socket.close(CloseCode.FAILED, "ws.invalid_message#" + ray); // runners speak in binary only
            }
        }

        @Override
        public void binary(byte[] data) {
            if (session != null) {
                session.message(data);
            }
        }

        @Override
        public void closed(int code, String reason) {
            if (session != null) {
                session.closed();
            }
        }
    }
}
