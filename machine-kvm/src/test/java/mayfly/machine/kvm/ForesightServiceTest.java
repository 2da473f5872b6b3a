package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import mayfly.linux.ThreadSignal;
import mayfly.machine.Connection;
import mayfly.machine.ConnectionListener;
import mayfly.machine.LogSink;
import mayfly.machine.Reach;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.program.Foresight;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers whose first calls are answered before they make them notice nothing, whatever they do instead. */
class ForesightServiceTest {
    private static final long SECONDS = 20_000_000_000L;

    /** Answers lines with how many it has answered, what its option says, and the line. */
    private static final String SERVER = """
            import os, select, socket, time
            chance = os.environ["CHANCE"]
            server = socket.socket()
            server.bind(("127.0.0.1", 8000))
            server.listen()
            poll = select.epoll()
            poll.register(server, select.EPOLLIN)
            count = 0
            while True:
                for fd, _ in poll.poll():
                    connection, _ = server.accept()
                    turn = time.monotonic_ns() // 1000 % 3
                    if chance == "calls" and turn == 0:
                        connection.getsockname()
                    if chance == "calls" and turn == 1:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                    seconds = 7
                    if chance == "inputs":
                        seconds = 5 + turn
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds.to_bytes(8, "little") + bytes(8))
                        option = connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16)
                        seconds = 7 if int.from_bytes(option[:8], "little") == seconds else 0
                    line = b""
                    while not line.endswith(b"\\n"):
                        line += connection.recv(65536)
                    count += 1
                    connection.sendall(b"%d %d " % (count, seconds) + line)
                    connection.close()
            """;

    @TempDir
    Path directory;

    /** One machine, used for one connection after the other, and what was foreseen of it. */
    private final class Server implements AutoCloseable {
        final Foresight foresight = new Foresight();
        private final ConnectionConversation conversation = new ConnectionConversation(8000, false, foresight);
        private final ConnectionListener listener = ConnectionListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8);
        private final HostView view = HostView.standard();
        private final Snapshot snapshot;
        private final VirtualMachine machine;
        private final ThreadSignal signal;

        Server(mayfly.linux.Kvm kvm, ThreadSignal signal, String chance) throws Exception {
            this.signal = signal;
            Files.writeString(directory.resolve("app.py"), SERVER);
            view.addDirectory(directory, directory.toString());
            ServiceSpec spec = new ServiceSpec(
                    "s",
                    List.of("/usr/bin/python3", "app.py"),
                    Map.of("CHANCE", chance),
                    directory.toString(),
                    Reach.readOnly(directory),
                    false,
                    8000,
                    0,
                    128 << 20,
                    1,
                    Duration.ofSeconds(20));
            snapshot = new ServiceBoot(kvm, spec, view, mayfly.machine.kvm.net.Destinations.none()).run();
            machine = snapshot.fork(kvm);
        }

        /** What a client gets that sends these parts, the next when the machine waits for it. */
        String answer(String... parts) throws Exception {
            int port = Integer.parseInt(
                    listener.address().substring(listener.address().lastIndexOf(':') + 1));
            try (Socket client = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
                    Connection connection = Objects.requireNonNull(listener.accept())) {
                send(client, parts[0]);
                FutureTask<String> answer = new FutureTask<>(() -> {
                    for (int i = 1; i < parts.length; i++) {
                        send(client, parts[i]);
                    }
                    return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                });
                Thread.ofPlatform().start(answer);
                Served served = conversation.serve(
                        machine, signal, connection, System.nanoTime() + SECONDS, LogSink.NONE, () -> false);
                assertThat(served.end()).as(served.toString()).isEqualTo(Served.End.CLOSED);
                String got = answer.get();
                assertThat(served.received()).isEqualTo(String.join("", parts).length());
                assertThat(served.sent()).isEqualTo(got.length());
                machine.reset();
                assertThat(machine.differences()).isZero();
                return got;
            }
        }

        private static void send(Socket client, String part) throws IOException {
            client.getOutputStream().write(part.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public void close() {
            conversation.close();
            machine.close();
            snapshot.close();
            view.close();
            listener.close();
        }
    }

    @Test
    void whatHappenedTheLastTimeIsAnsweredAhead() throws Exception {
        Bed.on((kvm, signal) -> {
            try (Server server = new Server(kvm, signal, "none")) {
                for (int i = 0; i < 20; i++) {
                    assertThat(server.answer("line " + i + "\n")).isEqualTo("1 7 line " + i + "\n");
                }
                if (server.machine.program().cpu().takesAnswers()) {
                    assertThat(server.foresight.hits()).isPositive();
                    assertThat(server.machine.program().statistics().foretold()).isPositive();
                }
                assertThat(server.foresight.missed()).isLessThan(3);
            }
            return null;
        });
    }

    @Test
    void longRequestsAndThoseInPartsLoseNoByte() throws Exception {
        Bed.on((kvm, signal) -> {
            try (Server server = new Server(kvm, signal, "none")) {
                for (int i = 0; i < 20; i++) {
                    String first = "x".repeat(1 + i * 2_500);
                    assertThat(server.answer(first, "y".repeat(i * 100), "\n"))
                            .isEqualTo("1 7 " + first + "y".repeat(i * 100) + "\n");
                }
            }
            return null;
        });
    }

    @Test
    void aServerThatGoesByChanceIsBegunAgainUnseen() throws Exception {
        Bed.on((kvm, signal) -> {
            try (Server server = new Server(kvm, signal, "calls")) {
                for (int i = 0; i < 40; i++) {
                    assertThat(server.answer("line " + i + "\n")).isEqualTo("1 7 line " + i + "\n");
                }
                if (server.machine.program().cpu().takesAnswers()) {
                    assertThat(server.foresight.missed()).isPositive();
                }
            }
            return null;
        });
    }

    @Test
    void theSameCallWithOtherInputIsAnother() throws Exception {
        Bed.on((kvm, signal) -> {
            try (Server server = new Server(kvm, signal, "inputs")) {
                for (int i = 0; i < 40; i++) {
                    assertThat(server.answer("line " + i + "\n")).isEqualTo("1 7 line " + i + "\n");
                }
                if (server.machine.program().cpu().takesAnswers()) {
                    assertThat(server.foresight.missed()).isPositive();
                }
            }
            return null;
        });
    }
}
