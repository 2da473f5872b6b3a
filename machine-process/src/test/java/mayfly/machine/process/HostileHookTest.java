package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import mayfly.base.Ids;
import mayfly.linux.DirectoryFd;
import mayfly.machine.Connection;
import mayfly.machine.ConnectionListener;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Reach;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import mayfly.machine.Supervisor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a template says on its socket, a connection ends in time, and nothing else happens to the node. */
class HostileHookTest {
    private static final long SEED = Long.getLong("mayfly.seed", 1);
    private static final int ROUNDS = 400;
    private static final Duration LIMIT = Duration.ofMillis(150);
    private static final List<String> METAS = List.of(
            "",
            "{}",
            "{\"status\":\"ok\"}",
            "{\"status\":\"ok\",\"json\":7}",
            "{\"status\":\"exited\",\"code\":99999999999999}",
            "{\"status\":\"exited\",\"signal\":-1}",
            "{\"status\":\"refused\",\"message\":[]}",
            "{\"status\":\"refused\",\"message\":\"no\"}",
            "{\"status\":\"error\",\"error\":{\"type\":\"x\"}}",
            "{\"status\":\"ready\"}",
            "{\"stream\":2}",
            "[[[[[[[[");

    @TempDir
    Path directory;

    @Test
    void everyConnectionEndsInTime() throws Exception {
        System.out.println("HostileHookTest: seed " + SEED);
        Random random = new Random(SEED);
        try (ServerSocketChannel hook = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Deadlines deadlines = new Deadlines();
                ConnectionListener listener = ConnectionListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8)) {
            hook.bind(UnixDomainSocketAddress.of(directory.resolve("work.sock")));
            Thread.ofPlatform().daemon().start(() -> talkNonsense(hook, random));
            Supervisor supervisor = new Pretended();
            ProcessHost host = new ProcessHost(
                    supervisor, new EndWatch(supervisor), deadlines, new WorkBuffers(), Ids.system(), _ -> {});
            DirectoryFd opened = DirectoryFd.open(directory);
            ControlChannel control =
                    new ControlChannel(new WorkChannel(SandboxTemplate.open(opened), host.buffers()), deadlines);
            ServiceTemplate template = new ServiceTemplate(host, spec(), "mac_x", opened, control);
            Set<Served.End> ends = EnumSet.noneOf(Served.End.class);
            for (int round = 0; round < ROUNDS; round++) {
                AtomicLong logged = new AtomicLong();
                long began = System.nanoTime();
                try (Socket client = client(listener);
                        Connection connection = Objects.requireNonNull(listener.accept());
                        Machine machine = fork(template)) {
                    client.getOutputStream().write(1);
                    Served served = machine.serve(connection, LIMIT, (_, bytes) -> logged.addAndGet(bytes.length));
                    ends.add(served.end());
                    assertThat(served.received()).isLessThanOrEqualTo(1);
                    assertThat(connection.socket().available() < 0)
                            .as("closed, unless another machine may have it: %s", served)
                            .isEqualTo(served.end() != Served.End.NOT_STARTED);
                }
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
                assertThat(logged.get()).isLessThan(1 << 20);
            }
            assertThat(ends).contains(Served.End.CLOSED, Served.End.CRASHED, Served.End.NOT_STARTED);
            template.close();
        }
    }

    /** A template that hangs up has no machine at once; it is asked again. */
    private static Machine fork(ServiceTemplate template) {
        while (true) {
            try {
                return template.fork();
            } catch (MachineException hungUp) {
                assertThat(hungUp).hasMessageContaining("hostile@1");
            }
        }
    }

    private static Socket client(ConnectionListener listener) throws IOException {
        String address = listener.address();
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        return new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    private ServiceSpec spec() {
        return new ServiceSpec(
                "hostile@1",
                List.of("/bin/true"),
                Map.of(),
                "/",
                Reach.readOnly(),
                false,
                0,
                0,
                64 << 20,
                4,
                Duration.ofSeconds(5));
    }

    /** To each connection a few frames, whole, odd or broken; then an end, or silence until the node hangs up. */
    private static void talkNonsense(ServerSocketChannel hook, Random random) {
        while (hook.isOpen()) {
            try {
                SocketChannel socket = hook.accept();
                byte[] said = nonsense(random);
                boolean ends = random.nextInt(4) > 0;
                Thread.ofVirtual().start(() -> answer(socket, said, ends));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void answer(SocketChannel socket, byte[] said, boolean ends) {
        try (socket) {
            ByteBuffer bytes = ByteBuffer.wrap(said);
            while (bytes.hasRemaining() && socket.write(bytes) >= 0) {}
            ByteBuffer heard = ByteBuffer.allocate(64);
            while (!ends && socket.read(heard.clear()) >= 0) {}
        } catch (IOException e) {
            // the node has hung up
        }
    }

    private static byte[] nonsense(Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
        for (int i = random.nextInt(5); i > 0; i--) {
            byte[] meta = METAS.get(random.nextInt(METAS.size())).getBytes(StandardCharsets.UTF_8);
            int length = random.nextInt(10) == 0 ? 100_000 : random.nextInt(100);
            int claimed = random.nextInt(10) == 0 ? random.nextInt() : meta.length + length;
            bytes.putInt(claimed)
                    .put((byte) (random.nextInt(20) == 0 ? 9 : 1))
                    .put((byte) (random.nextInt(3) == 0 ? random.nextInt(8) : 3 + random.nextInt(3)))
                    .putShort((short) (random.nextInt(20) == 0 ? random.nextInt() : meta.length))
                    .put(meta)
                    .put(new byte[length]);
        }
        byte[] all = new byte[bytes.position()];
        bytes.flip().get(all);
        return all;
    }

    /** A sandbox that runs until it is killed. */
    private static final class Pretended implements Supervisor {
        private volatile boolean killed;

        @Override
        public SupervisedState spawn(String name, SupervisedSpec spec) {
            throw new AssertionError("nothing is started here");
        }

        @Override
        public List<String> names() {
            return List.of();
        }

        @Override
        public SupervisedState inspect(String name) {
            return killed ? new SupervisedState.Unknown() : new SupervisedState.Running(1, 0, true);
        }

        @Override
        public Map<String, SupervisedState> inspectAll() {
            return Map.of();
        }

        @Override
        public boolean signal(String name, int signal) {
            killed = true;
            return true;
        }

        @Override
        public boolean stop(String name) {
            return signal(name, 15);
        }

        @Override
        public Optional<Path> directory(String name) {
            return Optional.empty();
        }

        @Override
        public void onChange(Consumer<String> listener) {}

        @Override
        public void remove(String name) {}

        @Override
        public void close() {}
    }
}
