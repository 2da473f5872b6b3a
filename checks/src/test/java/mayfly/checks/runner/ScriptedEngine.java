package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import mayfly.http.Headers;
import mayfly.http.HttpServer;
import mayfly.http.HttpServerSpec;
import mayfly.http.WebSocket;
import mayfly.http.WebSocketListener;
import mayfly.http.WebSocketSpec;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorConfig;
import mayfly.runner.protocol.Command;
import mayfly.runner.protocol.CommandWrapper;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ProtocolMetadata;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServer;

/**
 * The other end of a runner's connection: says on the wire what a test has it say, and keeps what it hears. Stores of actors
 * are answered as empty ones unless the test wants to answer.
 */
final class ScriptedEngine implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 20;

    private final HttpServer server;
    private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>();
    volatile boolean answersStores = true;
    volatile long lostMillis = 15_000;

    ScriptedEngine() throws Exception {
        server = HttpServer.start(HttpServerSpec.at("127.0.0.1", 0), exchange -> {
            Line line = new Line(exchange.rawTarget());
            line.socket = exchange.acceptWebSocket(
                    "rivet", Headers.NONE, WebSocketSpec.DEFAULT.withSizes(64 << 20, 64 << 20), line);
            lines.add(line);
        });
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.address().getPort();
    }

    /** The next connection, after its first message. */
    Line nextLine() throws InterruptedException {
        Line line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(line).as("a connection").isNotNull();
        line.next(ToServer.Init.class);
        return line;
    }

    /** The next connection, welcomed. */
    Line welcomed(String runnerId) throws InterruptedException {
        Line line = nextLine();
        line.welcome(runnerId);
        return line;
    }

    boolean hasNoMore() {
        return lines.isEmpty();
    }

    /** One connection of the runner. */
    final class Line implements WebSocketListener {
        final String target;
        final List<ToServer> heard = new ArrayList<>(); // of the test's thread
        private final BlockingQueue<ToServer> coming = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> end = new LinkedBlockingQueue<>();
        private volatile WebSocket socket;

        private Line(String target) {
            this.target = target;
        }

        @Override
        public void opened(WebSocket opened) {
            socket = opened;
        }

        @Override
        public void text(byte[] utf8) {
            throw new AssertionError("text from a runner");
        }

        @Override
        public void binary(byte[] data) {
            try {
                ToServer message = RunnerProtocol.decodeToServer(data);
                if (answersStores && message instanceof ToServer.KvRequest(var _, int requestId, var asked)) {
                    say(new ToClient.KvResponse(requestId, empty(asked)));
                } else {
                    coming.add(message);
                }
            } catch (MalformedMessageException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void closed(int code, String reason) {
            end.add(code + " " + reason);
        }

        void say(ToClient message) {
            socket.binary(RunnerProtocol.encode(message));
        }

        void sayBytes(byte[] bytes) {
            socket.binary(bytes);
        }

        void sayText() {
            socket.text(new byte[] {'x'});
        }

        void welcome(String runnerId) {
            say(new ToClient.Init(runnerId, new ProtocolMetadata(lostMillis, 1_800_000, OptionalLong.empty())));
        }

        void start(String actor, int generation, HibernatingRequest... hibernating) {
            ActorConfig config = new ActorConfig("test", Optional.of("k"), 1, Optional.empty());
            say(new ToClient.Commands(List.of(new CommandWrapper(
                    new ActorCheckpoint(actor, generation, 0), new Command.StartActor(config, List.of(hibernating))))));
        }

        void stop(String actor, int generation) {
            say(new ToClient.Commands(
                    List.of(new CommandWrapper(new ActorCheckpoint(actor, generation, 1), new Command.StopActor()))));
        }

        void tunnel(int request, int index, ToClientKind kind) {
            say(new ToClient.TunnelMessage(new MessageId(7, request, index), kind));
        }

        void get(int request, String actor, String path) {
            tunnel(request, 0, new ToClientKind.RequestStart(actor, "GET", path, Map.of(), Optional.empty(), false));
        }

        /** The next message of this kind; what comes before it is kept in {@link #heard}. */
        <T extends ToServer> T next(Class<T> kind) throws InterruptedException {
            return kind.cast(next(kind::isInstance));
        }

        ToServer next(Predicate<ToServer> wanted) throws InterruptedException {
            while (true) {
                ToServer message = coming.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(message).as("a message, after %s", heard).isNotNull();
                heard.add(message);
                if (wanted.test(message)) {
                    return message;
                }
            }
        }

        /** What came until the runner has answered a ping: all that it had to say by now. */
        List<ToServer> untilPong(long ts) throws InterruptedException {
            int before = heard.size();
            say(new ToClient.Ping(ts));
            next(message -> message.equals(new ToServer.Pong(ts)));
            return heard.subList(before, heard.size() - 1);
        }

        void close(int code, String reason) {
            socket.close(code, reason);
        }

        String awaitEnd() throws InterruptedException {
            String how = end.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(how).as("the end of the connection").isNotNull();
            return how;
        }
    }

    static KvResponseData empty(KvRequestData asked) {
        return switch (asked) {
            case KvRequestData.Get _ -> new KvResponseData.Get(List.of(), List.of(), List.of());
            case KvRequestData.Listing _ -> new KvResponseData.Listing(List.of(), List.of(), List.of());
            case KvRequestData.Put _ -> new KvResponseData.Put();
            case KvRequestData.Delete _, KvRequestData.DeleteRange _ -> new KvResponseData.Delete();
            case KvRequestData.Drop _ -> new KvResponseData.Drop();
        };
    }

    @Override
    public void close() {
        server.close();
    }
}
