package mayfly.gateway.rivet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import mayfly.core.request.RequestTimes;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Ten thousand requests that wait for one actor, and thousands of idle sockets: what each takes, and that all are answered. */
class HeldRequestsTest extends GatewayCase {
    private static final int COUNT = 10_000;
    private static final int SOCKETS_COUNT = 4_000;
    /** Of heap and direct buffers, for a connection, its request and the thread that holds it. */
    private static final long BYTES_EACH_MAX = 24 * 1024;

    /** Opens WebSockets, says one word over each, and again over each when it is told to. */
    private static final String SOCKETS = """
            import socket, sys
            port, target, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
            opening = (f"GET {target} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n"
                "Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n"
                "Sec-WebSocket-Protocol: rivet\\r\\n\\r\\n").encode()
            word = b"\\x81\\x84\\0\\0\\0\\0word"
            sockets = []
            def echoed(s, before=b""):
                seen = before
                while not seen.endswith(b"\\x81\\x04word"):
                    got = s.recv(4096)
                    if not got:
                        sys.exit(repr(seen))
                    seen += got
            for i in range(count):
                s = socket.create_connection(("127.0.0.1", port))
                s.settimeout(60)
                s.sendall(opening + word)
                sockets.append(s)
            for s in sockets: echoed(s)
            print("open", flush=True)
            sys.stdin.readline()
            for s in sockets: s.sendall(word)
            for s in sockets: echoed(s)
            print("again", flush=True)
            """;

    /** In a process of its own, for the descriptors of both ends would be too many for one. */
    private static final String CLIENTS = """
            import socket, selectors, sys, collections
            port, target, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
            request = f"GET {target} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nUser-Agent: held\\r\\nAccept: */*\\r\\n\\r\\n".encode()
            poll = selectors.DefaultSelector()
            for i in range(count):
                s = socket.create_connection(("127.0.0.1", port))
                s.sendall(request)
                s.setblocking(False)
                poll.register(s, selectors.EVENT_READ)
            print("sent", flush=True)
            seen = collections.Counter()
            while sum(seen.values()) < count:
                for key, _ in poll.select(60):
                    try:
                        answer = key.fileobj.recv(4096)
                    except OSError as e:
                        answer = b"HTTP/1.1 " + type(e).__name__.encode()
                    seen[answer[9:12].decode() if answer.endswith(b"hello") else repr(answer[-80:])] += 1
                    poll.unregister(key.fileobj)
                    key.fileobj.close()
            print(dict(seen), flush=True)
            """;

    @Override
    GatewayTimes gatewayTimes() {
        RequestTimes patient = new RequestTimes(120_000, 120_000, 1_000, 2_000, 8, 7, 150);
        return new GatewayTimes(patient, patient, Duration.ofSeconds(30));
    }

    @Test
    void tenThousandRequestsWaitInLittleMemory() throws Exception {
        ScriptedRunner runner = runner((it, id, message) -> {
            if (message instanceof ToClientKind.RequestStart) {
                it.say(id, new ToServerKind.ResponseStart(200, Map.of(), Optional.of("hello".getBytes(UTF_8)), false));
            }
        });
        String warm = actor("warm");
        get("/gateway/" + warm + "/x");
        runner.runs = false;
        String actor = actor("a");
        long before = usedBytes();
        Process clients = clients(CLIENTS, actor, COUNT);
        try (BufferedReader out = clients.inputReader(UTF_8)) {
            assertThat(out.readLine()).isEqualTo("sent");
            await().atMost(Duration.ofSeconds(60)).until(() -> server.exchanges() == COUNT);
            long each = (usedBytes() - before) / COUNT;
            System.out.printf("%,d requests held, %.1f KB each%n", COUNT, each / 1024.0);
            assertThat(each).isLessThan(BYTES_EACH_MAX);
            assertThat(get("/gateway/" + warm + "/x").text()).isEqualTo("hello"); // others are served meanwhile
            long begun = System.nanoTime();
            runner.running(actor);
            assertThat(out.readLine()).isEqualTo("{'200': " + COUNT + "}");
            System.out.printf("all answered within %,d ms%n", (System.nanoTime() - begun) / 1_000_000);
        } finally {
            clients.destroyForcibly();
        }
    }

    @Test
    void idleSocketsTakeLittleMemoryAwakeAndAsleep() throws Exception {
        ScriptedRunner runner = runner((it, id, message) -> {
            switch (message) {
                case ToClientKind.WebSocketOpen _ -> it.say(id, new ToServerKind.WebSocketOpen(true));
                case ToClientKind.WebSocketMessage(var data, var binary) -> {
                    it.say(id, new ToServerKind.WebSocketMessage(data, binary));
                    it.say(id, new ToServerKind.WebSocketMessageAck(id.messageIndex()));
                }
                default -> {}
            }
        });
        String actor = actor("a");
        long before = usedBytes();
        Process clients = clients(SOCKETS, actor, SOCKETS_COUNT);
        try (BufferedReader out = clients.inputReader(UTF_8)) {
            assertThat(out.readLine()).isEqualTo("open");
            assertThat(gateway.hibernating()).isEqualTo(SOCKETS_COUNT);
            long awake = (usedBytes() - before) / SOCKETS_COUNT;
            runner.wantsSleep(actor);
            await().until(() -> engine.load().tunnels() == 0);
            long asleep = (usedBytes() - before) / SOCKETS_COUNT;
            System.out.printf(
                    "%,d idle sockets, %.1f KB each, %.1f KB while their actor sleeps%n",
                    SOCKETS_COUNT, awake / 1024.0, asleep / 1024.0);
            assertThat(Math.max(awake, asleep)).isLessThan(BYTES_EACH_MAX);
            clients.getOutputStream().write('\n');
            clients.getOutputStream().flush();
            assertThat(out.readLine()).isEqualTo("again");
            assertThat(runner.starts).hasSize(2);
            assertThat(runner.starts.stream().toList().getLast().hibernatingRequests())
                    .hasSize(SOCKETS_COUNT);
        } finally {
            clients.destroyForcibly();
        }
        await().until(() -> gateway.hibernating() == 0);
    }

    private Process clients(String script, String actor, int count) throws IOException {
        String port = String.valueOf(server.address().getPort());
        try {
            return new ProcessBuilder("python3", "-c", script, port, "/gateway/" + actor + "/x", String.valueOf(count))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            Assumptions.abort("no python3: " + e.getMessage());
            throw e;
        }
    }

    private static long usedBytes() {
        System.gc();
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + direct;
    }
}
