package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import mayfly.machine.Reach;
import mayfly.machine.Served;
import mayfly.machine.Served.End;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that attacks by its sockets ({@code hostile_sockets.c}): each attack fails, and the next connection is as the first. */
class HostileSocketsTest {
    private static final int FUZZED = Integer.getInteger("mayfly.rounds", 10);
    private static final int MOST_KEPT = 32 << 20;

    @TempDir
    Path directory;

    private KvmDriver driver;
    private Template template;
    private ServedTemplate served;

    @BeforeEach
    void boot() throws Exception {
        Bed.needsKvm();
        try (var source = HostileSocketsTest.class.getResourceAsStream("hostile_sockets.c")) {
            String code = new String(Objects.requireNonNull(source).readAllBytes(), StandardCharsets.UTF_8);
            var _ = GuestProgram.compile(directory, code);
        }
        driver = KvmDriver.open(directory, Map.of());
        template = driver.boot(new ServiceSpec(
                "hostile@1",
                List.of(directory.resolve("program").toString()),
                Map.of(),
                "/",
                Reach.readOnly(directory),
                false,
                0,
                0,
                64 << 20,
                1,
                Duration.ofSeconds(20)));
        served = new ServedTemplate(template, Duration.ofSeconds(30));
    }

    @AfterEach
    void close() {
        if (served != null) {
            served.close();
            template.close();
            driver.close();
        }
    }

    private String ask(String attack) throws IOException {
        try (Socket socket = served.connect()) {
            socket.getOutputStream().write((attack + "\n").getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException reset) {
            return "reset";
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"second", "names", "vectors", "rights", "pointers", "floods", "nesting"})
    void fails(String attack) throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(ask(attack))
                    .as("%s, %s", served.printed(), served.ends())
                    .isEqualTo("held");
            assertThat(ask("seek")).isEqualTo("held");
        }
    }

    @Test
    void reachesNothingOfTheHost() throws Exception {
        try (ServerSocket node = new ServerSocket(0, 50, InetAddress.ofLiteral("0.0.0.0"))) {
            node.setSoTimeout(1);
            assertThat(ask("reach " + node.getLocalPort())).as(served.printed()).isEqualTo("held");
            assertThat(ask("reach " + served.port)).isEqualTo("held"); // the service's own
            org.assertj.core.api.Assertions.assertThatThrownBy(node::accept)
                    .isInstanceOf(java.net.SocketTimeoutException.class);
        }
    }

    @Test
    void sendsNothingAfterItsEnd() throws Exception {
        assertThat(ask("late")).isIn("", "reset");
        assertThat(ask("seek")).isEqualTo("held");
    }

    @Test
    void keepsNothingOfTheConnectionBefore() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(ask("leave")).isEqualTo("held");
            assertThat(ask("seek")).isEqualTo("held");
        }
    }

    /** What a program does not read stays where the client is held up. */
    @Test
    void neverReadingHoldsUpItsClientOnly() throws Exception {
        try (SocketChannel client =
                SocketChannel.open(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), served.port))) {
            client.write(ByteBuffer.wrap("deaf\n".getBytes(StandardCharsets.UTF_8)));
            client.configureBlocking(false);
            ByteBuffer block = ByteBuffer.allocate(1 << 20);
            long[] sent = {0};
            await().during(Duration.ofMillis(300)).until(() -> {
                block.clear();
                long now = client.write(block);
                sent[0] += now;
                assertThat(sent[0]).isLessThan(MOST_KEPT);
                return now == 0;
            });
        }
    }

    @Test
    void callsThatMakeNoSenseEndTheMachineAtMost() throws Exception {
        long seed = Long.getLong("mayfly.seed", new Random().nextInt(1_000_000));
        IntUnaryOperator seeds = i -> (int) seed + i;
        for (int i = 0; i < FUZZED; i++) {
            int with = seeds.applyAsInt(i);
            String answer = ask("fuzz " + with);
            assertThat(ask("seek"))
                    .as("after fuzz %d, which said %s", with, answer)
                    .isEqualTo("held");
        }
        assertThat(served.ends())
                .as("-Dmayfly.seed=%d", seed)
                .extracting(Served::detail)
                .noneMatch(detail -> detail.contains("a bug of the machine") || detail.contains("failed"));
        assertThat(served.ends()).extracting(Served::end).doesNotContain(End.NOT_STARTED);
    }
}
