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

/** Ten thousand requests that wait for one actor: how much memory that takes, and that each is answered. */
class HeldRequestsTest extends GatewayCase {
    private static final int COUNT = 10_000;
    /** Of heap and direct buffers, for a connection, its request and the thread that holds it. */
    private static final long BYTES_EACH_MAX = 24 * 1024;

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
        Process clients = clients(actor);
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

    private Process clients(String actor) throws IOException {
        String port = String.valueOf(server.address().getPort());
        try {
            return new ProcessBuilder("python3", "-c", CLIENTS, port, "/gateway/" + actor + "/x", String.valueOf(COUNT))
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
