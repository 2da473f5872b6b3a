package mayfly.machine.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.HostReport;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A host that a guest has taken over says what it likes: the node is told, and goes on. */
@Timeout(60)
class HostileHostTest {
    private static final long SLACK_MILLIS = 300;

    /** Answers one request on a connection; false hangs up. */
    @FunctionalInterface
    private interface Answers {
        boolean answer(HostFrame request, SocketChannel socket) throws IOException;
    }

    @TempDir
    Path directory;

    private final List<FakeHost> hosts = new ArrayList<>();
    private final AtomicInteger starts = new AtomicInteger();
    private volatile Answers answersWork = HostileHostTest::well;
    private HostDriver driver;
    private Template template;

    @BeforeEach
    void boot() throws Exception {
        driver = new HostDriver(
                this::start,
                new HostPaths(directory, HostPlan.CODE),
                () -> new HostReport("kvm", true, "full", List.of()),
                SLACK_MILLIS,
                () -> {
                    throw new AssertionError("no service is booted here");
                });
        template = driver.boot(new TemplateSpec(
                "f@1",
                GuestRuntime.PYTHON3,
                "app.handle",
                directory,
                Map.of(),
                1 << 20,
                1,
                false,
                Duration.ofSeconds(1)));
    }

    @AfterEach
    void close() {
        driver.close();
        assertThat(hosts).allMatch(host -> host.ended);
    }

    private synchronized Host start() throws MachineException {
        try {
            FakeHost host = new FakeHost(directory.resolve("h" + starts.incrementAndGet()));
            hosts.add(host);
            return host;
        } catch (IOException e) {
            throw new MachineException("no socket", e);
        }
    }

    private static boolean well(HostFrame request, SocketChannel socket) throws IOException {
        HostMessage answer = switch (request.message()) {
            case HostMessage.Boot _ -> new HostMessage.Ready(7);
            case HostMessage.ListTemplates _ -> new HostMessage.Templates(List.of());
            case HostMessage.Exec exec -> new HostMessage.Ended(new Outcome.Success(exec.payload(), exec.json(), 1));
            case HostMessage.Ping _ -> new HostMessage.Pong(true);
            case HostMessage.CloseTemplate _ -> new HostMessage.Done();
            default -> null;
        };
        if (answer != null) {
            say(socket, request.call(), answer);
        }
        return true;
    }

    private static void say(SocketChannel socket, long call, HostMessage answer) throws IOException {
        ByteBuffer bytes = HostCodec.bytes(new HostFrame(call, answer));
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
    }

    private Outcome call() throws MachineException {
        try (Machine machine = template.fork()) {
            return machine.exec(
                    new Work(Ids.system().invocation(), new byte[] {1}, false, Duration.ofMillis(100), LogSink.NONE));
        }
    }

    private void goesOn() throws MachineException {
        answersWork = HostileHostTest::well;
        assertThat(call()).isInstanceOf(Outcome.Success.class);
    }

    @Test
    void goodAnswersAreTaken() throws Exception {
        goesOn();
        assertThat(starts).hasValue(1);
    }

    @Test
    void anAnswerForAnotherCallEndsTheConnection() throws Exception {
        answersWork = (request, socket) -> {
            say(socket, request.call() + 1, new HostMessage.Ended(new Outcome.TimedOut()));
            return true;
        };
        assertThat(call())
                .isInstanceOfSatisfying(
                        Outcome.Crashed.class,
                        crashed -> assertThat(crashed.reason()).contains("machine host failed", "for call"));
        goesOn();
    }

    @Test
    void anAnswerOfAnotherKindEndsTheConnection() throws Exception {
        answersWork = (request, socket) -> {
            say(socket, request.call(), new HostMessage.Ready(1));
            return true;
        };
        assertThat(call()).isInstanceOf(Outcome.Crashed.class);
        goesOn();
    }

    @Test
    void aRequestFromTheHostEndsTheConnection() throws Exception {
        answersWork = (request, socket) -> {
            say(socket, request.call(), new HostMessage.Cancel());
            return true;
        };
        assertThat(call()).isInstanceOf(Outcome.Crashed.class);
        goesOn();
    }

    @Test
    void noiseEndsTheConnection() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            answersWork = (request, socket) -> {
                byte[] noise = new byte[1 + random.nextInt(100)];
                random.nextBytes(noise);
                noise[0] = (byte) random.nextInt(2); // half of the lengths are possible ones
                socket.write(ByteBuffer.wrap(noise));
                return false;
            };
            assertThat(call()).as("seed %d", seed).isInstanceOf(Outcome.Crashed.class);
        }
        goesOn();
    }

    @Test
    void endlessLogsAreCut() throws Exception {
        answersWork = (request, socket) -> {
            for (int i = 0; i < 100; i++) {
                say(socket, request.call(), new HostMessage.Log(1, new byte[64 << 10]));
            }
            return well(request, socket);
        };
        AtomicInteger bytes = new AtomicInteger();
        try (Machine machine = template.fork()) {
            Outcome outcome = machine.exec(new Work(
                    Ids.system().invocation(),
                    new byte[0],
                    false,
                    Duration.ofSeconds(10),
                    (_, chunk) -> bytes.addAndGet(chunk.length)));
            assertThat(outcome).isInstanceOf(Outcome.Success.class);
        }
        assertThat(bytes.get()).isLessThan(1 << 20);
    }

    @Test
    void silenceEndsTheHost() throws Exception {
        answersWork = (_, _) -> true;
        assertThat(call())
                .isInstanceOfSatisfying(
                        Outcome.Crashed.class,
                        crashed -> assertThat(crashed.reason()).contains("does not answer in time"));
        assertThat(hosts.getFirst().ended).isTrue();
        goesOn();
        assertThat(starts).as("in another host").hasValue(2);
    }

    @Test
    void aHostThatEndedIsReplacedAtTheNextCall() throws Exception {
        Machine waiting = template.fork();
        hosts.getFirst().end();
        assertThat(waiting.exec(
                        new Work(Ids.system().invocation(), new byte[0], false, Duration.ofSeconds(5), LogSink.NONE)))
                .as("nothing of it had begun")
                .isInstanceOf(Outcome.Success.class);
        waiting.close();
        assertThat(starts).hasValue(2);
    }

    @Test
    void workUnderWayWhenTheHostEndsIsNotRepeated() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        answersWork = (_, _) -> {
            runs.incrementAndGet();
            return false;
        };
        assertThat(call()).isInstanceOf(Outcome.Crashed.class);
        assertThat(runs).hasValue(1);
    }

    @Test
    void aMachineThatWasUsedUpStaysSoInTheNextHost() throws Exception {
        try (Machine machine = template.fork()) {
            Work work = new Work(Ids.system().invocation(), new byte[0], false, Duration.ofSeconds(5), LogSink.NONE);
            assertThat(machine.exec(work)).isInstanceOf(Outcome.Success.class);
            hosts.getFirst().end();
            assertThat(machine.exec(work)).isInstanceOf(Outcome.NotStarted.class);
        }
        assertThat(starts).hasValue(1);
    }

    /** Close during work cancels that call and no later one, and returns when the host has answered. */
    @Test
    void closeCancelsTheCallUnderWay() throws Exception {
        CountDownLatch working = new CountDownLatch(1);
        List<HostFrame> heard = new ArrayList<>();
        answersWork = (request, socket) -> {
            synchronized (heard) {
                heard.add(request);
            }
            switch (request.message()) {
                case HostMessage.Exec _ -> working.countDown();
                case HostMessage.Cancel _ ->
                    say(socket, request.call(), new HostMessage.Ended(new Outcome.Crashed("closed")));
                default -> well(request, socket);
            }
            return true;
        };
        Machine machine = template.fork();
        Thread closer = Thread.ofVirtual().start(() -> {
            try {
                working.await();
                machine.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Outcome outcome = machine.exec(
                new Work(Ids.system().invocation(), new byte[0], false, Duration.ofSeconds(10), LogSink.NONE));
        assertThat(outcome).isEqualTo(new Outcome.Crashed("closed"));
        closer.join();
        synchronized (heard) {
            assertThat(heard).hasSize(2);
            assertThat(heard.get(1).call()).isEqualTo(heard.get(0).call());
        }
        goesOn();
    }

    @Test
    void codeThatTheHostCannotSeeIsRefused() {
        assertThatExceptionOfType(MachineException.class)
                .isThrownBy(() -> driver.boot(new TemplateSpec(
                        "f@1",
                        GuestRuntime.PYTHON3,
                        "app.handle",
                        directory.resolve("../elsewhere"),
                        Map.of(),
                        1 << 20,
                        1,
                        false,
                        Duration.ofSeconds(1))))
                .withMessageContaining("where the machine host can see it");
    }

    private final class FakeHost implements Host {
        private final Path path;
        private final ServerSocketChannel listener;
        private final List<SocketChannel> sockets = new ArrayList<>();
        volatile boolean ended;

        FakeHost(Path path) throws IOException {
            this.path = path;
            listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listener.bind(UnixDomainSocketAddress.of(path));
            Thread.ofVirtual().start(this::accept);
        }

        private void accept() {
            try {
                while (true) {
                    SocketChannel socket = listener.accept();
                    synchronized (sockets) {
                        sockets.add(socket);
                    }
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            } catch (IOException closed) {
                // the end
            }
        }

        private void serve(SocketChannel socket) {
            HostChannel channel = new HostChannel(socket);
            try {
                boolean goesOn = true;
                while (goesOn && channel.receive() instanceof HostRead.Whole(HostFrame frame)) {
                    boolean work = frame.message() instanceof HostMessage.Exec
                            || frame.message() instanceof HostMessage.Cancel;
                    goesOn = (work ? answersWork : (Answers) HostileHostTest::well).answer(frame, socket);
                }
            } catch (IOException gone) {
                // the node hung up
            }
            channel.close();
        }

        @Override
        public SocketChannel connect() throws IOException {
            return SocketChannel.open(UnixDomainSocketAddress.of(path));
        }

        @Override
        public String ending() {
            return ended ? "was ended" : "does not answer";
        }

        @Override
        public void end() {
            ended = true;
            try {
                listener.close();
                Files.deleteIfExists(path);
                synchronized (sockets) {
                    for (SocketChannel socket : sockets) {
                        socket.close();
                    }
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
