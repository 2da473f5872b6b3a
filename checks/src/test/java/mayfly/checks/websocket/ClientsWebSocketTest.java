package mayfly.checks.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import mayfly.checks.npm.NpmPackages;
import mayfly.http.Headers;
import mayfly.http.HttpHandler;
import mayfly.http.HttpServer;
import mayfly.http.HttpServerSpec;
import mayfly.http.WebSocket;
import mayfly.http.WebSocketListener;
import mayfly.http.WebSocketSpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** WebSockets as clients speak that others wrote: the JDK's, npm's ws, Python's websockets. */
class ClientsWebSocketTest {
    private static final WebSocketSpec SPEC =
            new WebSocketSpec(2_000_000, 10_000_000, Duration.ofSeconds(2), Duration.ofSeconds(30));

    /** Sends everything back; closes with what the text "close CODE REASON" asks for. */
    private static final class Obedient implements WebSocketListener {
        final Queue<String> ends = new ConcurrentLinkedQueue<>();
        private WebSocket socket;

        @Override
        public void opened(WebSocket opened) {
            socket = opened;
        }

        @Override
        public void text(byte[] utf8) {
            String[] words = new String(utf8, UTF_8).split(" ", 3);
            if (words[0].equals("close")) {
                socket.close(Integer.parseInt(words[1]), words[2]);
            } else {
                socket.text(utf8);
            }
        }

        @Override
        public void binary(byte[] data) {
            socket.binary(data);
        }

        @Override
        public void closed(int code, String reason) {
            ends.add(code + " " + reason);
        }
    }

    private final Obedient echo = new Obedient();

    private HttpServer server;

    @AfterEach
    void close() {
        server.close();
    }

    private URI serve(HttpHandler handler) throws IOException {
        server = HttpServer.start(HttpServerSpec.at("127.0.0.1", 0), handler);
        return URI.create("ws://127.0.0.1:" + server.address().getPort() + "/a/b?c=d");
    }

    private URI serveEcho() throws IOException {
        return serve(exchange -> {
            List<String> offered = exchange.webSocketProtocols();
            exchange.acceptWebSocket(offered.contains("rivet") ? "rivet" : null, Headers.NONE, SPEC, echo);
        });
    }

    @Test
    void theJdksClient() throws Exception {
        URI address = serveEcho();
        ByteArrayOutputStream back = new ByteArrayOutputStream();
        CompletableFuture<byte[]> whole = new CompletableFuture<>();
        AtomicReference<String> pong = new AtomicReference<>();
        CompletableFuture<String> closed = new CompletableFuture<>();
        var listener = new java.net.http.WebSocket.Listener() {
            @Override
            public CompletionStage<?> onBinary(java.net.http.WebSocket socket, ByteBuffer data, boolean last) {
                byte[] bytes = new byte[data.remaining()];
                data.get(bytes);
                back.writeBytes(bytes);
                if (last) {
                    whole.complete(back.toByteArray());
                }
                socket.request(1);
                return null;
            }

            @Override
            public CompletionStage<?> onPong(java.net.http.WebSocket socket, ByteBuffer message) {
                pong.set(UTF_8.decode(message).toString());
                socket.request(1);
                return null;
            }

            @Override
            public CompletionStage<?> onClose(java.net.http.WebSocket socket, int code, String reason) {
                closed.complete(code + " " + reason);
                return null;
            }
        };
        try (HttpClient client = HttpClient.newHttpClient()) {
            java.net.http.WebSocket socket = client.newWebSocketBuilder()
                    .subprotocols("rivet", "other")
                    .buildAsync(address, listener)
                    .join();
            assertThat(socket.getSubprotocol()).isEqualTo("rivet");
            byte[] data = new byte[1_500_000];
            new Random(7).nextBytes(data);
            socket.sendPing(ByteBuffer.wrap("p".getBytes(UTF_8))).join();
            for (int at = 0; at < data.length; at += 300_000) { // in five fragments
                boolean last = at + 300_000 == data.length;
                socket.sendBinary(ByteBuffer.wrap(data, at, 300_000), last).join();
            }
            assertThat(whole.get(10, TimeUnit.SECONDS)).isEqualTo(data);
            assertThat(pong.get()).isEqualTo("p");
            socket.sendText("close 4321 as asked", true).join();
            assertThat(closed.get(10, TimeUnit.SECONDS)).isEqualTo("4321 as asked");
        }
        Awaitility.await().until(() -> !echo.ends.isEmpty());
        assertThat(echo.ends).containsExactly("4321 "); // it answers with the code alone
    }

    @Test
    void theJdksClientHearsWhyItIsRefused() throws Exception {
        URI address = serve(exchange -> exchange.send(403, Headers.NONE, "no".getBytes(UTF_8)));
        try (HttpClient client = HttpClient.newHttpClient()) {
            CompletableFuture<java.net.http.WebSocket> opening =
                    client.newWebSocketBuilder().buildAsync(address, new java.net.http.WebSocket.Listener() {});
            assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(CompletionException.class, opening::join)
                            .getCause())
                    .isInstanceOfSatisfying(
                            WebSocketHandshakeException.class,
                            e -> assertThat(e.getResponse().statusCode()).isEqualTo(403));
        }
    }

    @Test
    void npmsWs() throws Exception {
        NpmPackages packages = NpmPackages.orSkip("ws");
        String script = """
                const { WebSocket } = require(process.argv[1] + '/ws');
                const socket = new WebSocket(process.argv[2], ['rivet', 'rivet_target.actor']);
                const sizes = [0, 1, 125, 126, 65535, 65536, 1999999];
                let at = 0;
                const next = () => at < sizes.length ? socket.send(Buffer.alloc(sizes[at], at)) : socket.ping('p');
                socket.on('open', () => { console.log('open', socket.protocol, socket.extensions); next(); });
                socket.on('message', data => {
                  if (!data.equals(Buffer.alloc(sizes[at], at))) throw new Error('size ' + sizes[at]);
                  at++; next();
                });
                socket.on('pong', data => { console.log('pong', String(data)); socket.close(3333, 'done'); });
                socket.on('close', (code, reason) => console.log('closed', code, String(reason)));
                """;
        String printed = run(
                packages.node().toString(),
                "-e",
                script,
                packages.modules().toRealPath().toString(),
                serveEcho().toString());
        assertThat(printed).isEqualTo("open rivet \npong p\nclosed 3333 done\n");
        assertThat(echo.ends).containsExactly("3333 done");
    }

    @Test
    void pythonsWebsockets() throws Exception {
        String python = Files.isExecutable(Path.of("/usr/bin/python3")) ? "/usr/bin/python3" : "python3";
        assumeTrue(run(python, "-c", "import websockets; print('here')").equals("here\n"), "no websockets for Python");
        String script = """
                import asyncio, sys, websockets
                async def main():
                    async with websockets.connect(sys.argv[1], subprotocols=["rivet"], max_size=None) as socket:
                        print(socket.subprotocol)
                        for size in (0, 125, 126, 65535, 65536, 1999999):
                            await socket.send(bytes(size))
                            assert await socket.recv() == bytes(size)
                        await socket.send(part for part in ("in ", "three ", "fragments ü"))
                        print(await socket.recv())
                        await (await socket.ping())
                        await socket.send("x" * 2_000_001)
                        try:
                            await socket.recv()
                        except websockets.ConnectionClosed as e:
                            print(e.rcvd.code)
                asyncio.run(main())
                """;
        assertThat(run(python, "-X", "utf8", "-c", script, serveEcho().toString()))
                .isEqualTo("rivet\nin three fragments ü\n1009\n");
    }

    /** What a program prints, errors too; empty when it cannot be started. */
    private static String run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, Arrays.toString(command) + " cannot be started: " + e.getMessage());
            throw e;
        }
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return printed;
    }
}
