package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.machine.InitFailedException;
import mayfly.machine.Reach;
import mayfly.machine.Reach.Destination;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that machines open to where they may, and nowhere else. */
class OutgoingTest {
    /** Does what a line says, and answers with what came of it. */
    private static final String CLIENT = """
            import asyncio, errno, os, select, socket, sys
            held = []
            PLACES = sys.argv[1:]
            def name(e):
                return errno.errorcode.get(e, str(e))
            def talk(s, text):
                s.sendall(text.encode())
                s.shutdown(socket.SHUT_WR)
                got = b""
                while part := s.recv(100000):
                    got += part
                return got.decode()
            def tcp(family, host, port, text):
                with socket.socket(family) as s:
                    s.connect((host, int(port)))
                    return talk(s, text)
            def polled(host, port, text):
                s = socket.socket()
                s.setblocking(False)
                first = s.connect_ex((host, int(port)))
                if first not in (0, errno.EINPROGRESS):
                    return name(first)
                p = select.poll()
                p.register(s, select.POLLOUT)
                p.poll(10000)
                error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    return name(first) + " " + name(error)
                s.setblocking(True)
                return name(first) + " " + talk(s, text)
            async def looped(host, port, text):
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(text.encode())
                writer.write_eof()
                got = await reader.read(-1)
                writer.close()
                return got.decode()
            def leak(host, port):
                held.append(socket.create_connection((host, int(port))))
                return "held"
            def many(host, port, count):
                for i in range(int(count)):
                    try:
                        held.append(socket.create_connection((host, int(port))))
                    except OSError as e:
                        return "%d %s" % (i, name(e.errno))
                return "all"
            def again(host, port, other):
                s = socket.socket()
                first = s.connect_ex((host, int(port)))
                second = s.connect_ex((host, int(other)))
                return name(first) + " " + name(second) + " " + name(s.connect_ex((host, int(other))))
            def first():
                try:
                    return "got %r" % held[0].recv(10)
                except OSError as e:
                    return name(e.errno)
            COMMANDS = {
                "4": lambda *a: tcp(socket.AF_INET, *a),
                "6": lambda *a: tcp(socket.AF_INET6, *a),
                "poll": polled,
                "async": lambda *a: asyncio.run(looped(*a)),
                "name": lambda h, p, t: talk(socket.create_connection((h, int(p))), t),
                "leak": leak, "many": many, "first": first, "again": again,
                "udp": lambda h, p: str(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (h, int(p)))),
                "udps": lambda h, p: str([s := socket.socket(socket.AF_INET, socket.SOCK_DGRAM), s.connect((h, int(p))), s.send(b"x")]),
            }
            if PLACES:
                leak(*PLACES)
            server = socket.create_server(("127.0.0.1", 8000))
            while True:
                connection, _ = server.accept()
                words = connection.makefile().readline().split()
                try:
                    answer = COMMANDS[words[0]](*words[1:])
                except OSError as e:
                    answer = name(e.errno)
                connection.sendall(answer.encode())
                connection.close()
            """;

    @TempDir
    Path directory;

    /** Gives back what it is sent, until it is hung up on. */
    private static final class Echo implements AutoCloseable {
        private final ServerSocket listener;
        final AtomicInteger open = new AtomicInteger();
        final AtomicInteger accepted = new AtomicInteger();

        Echo(String address) throws IOException {
            listener = new ServerSocket(0, 500, InetAddress.ofLiteral(address));
            var _ = Thread.ofPlatform().daemon().start(() -> {
                while (true) {
                    try {
                        Socket socket = listener.accept();
                        accepted.incrementAndGet();
                        open.incrementAndGet();
                        var _ = Thread.ofVirtual().start(() -> echo(socket));
                    } catch (IOException closed) {
                        return;
                    }
                }
            });
        }

        private void echo(Socket socket) {
            try (socket) {
                socket.getInputStream().transferTo(socket.getOutputStream());
            } catch (IOException reset) {
                // as good an end as any
            } finally {
                open.decrementAndGet();
            }
        }

        int port() {
            return listener.getLocalPort();
        }

        void end() throws IOException {
            listener.close();
        }

        @Override
        public void close() throws IOException {
            end();
        }
    }

    private ServiceSpec spec(List<Destination> destinations, String... arguments) throws IOException {
        Files.writeString(directory.resolve("client.py"), CLIENT);
        List<String> program = new ArrayList<>(List.of("/usr/bin/python3", "client.py"));
        program.addAll(List.of(arguments));
        return new ServiceSpec(
                "client@1",
                program,
                Map.of(),
                directory.toString(),
                new Reach(List.of(directory), List.of(), destinations),
                false,
                8000,
                0,
                256 << 20,
                4,
                Duration.ofSeconds(20));
    }

    private static String ask(ServedTemplate served, String line) throws IOException {
        try (Socket socket = served.connect()) {
            socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void allowedAddressesAreReachedByEveryWayToConnect() throws Exception {
        Bed.needsKvm();
        try (Echo echo = new Echo("127.0.0.1");
                Echo six = new Echo("::1");
                KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(
                        spec(List.of(new Destination("127.0.0.1", echo.port()), new Destination("::1", six.port()))));
                ServedTemplate served = new ServedTemplate(template, Duration.ofSeconds(30))) {
            String large = "x".repeat(300_000);
            assertThat(ask(served, "4 127.0.0.1 " + echo.port() + " " + large)).isEqualTo(large);
            assertThat(ask(served, "6 ::ffff:127.0.0.1 " + echo.port() + " mapped"))
                    .isEqualTo("mapped");
            assertThat(ask(served, "6 ::1 " + six.port() + " six")).isEqualTo("six");
            assertThat(ask(served, "poll 127.0.0.1 " + echo.port() + " polled")).isEqualTo("EINPROGRESS polled");
            assertThat(ask(served, "async 127.0.0.1 " + echo.port() + " looped"))
                    .isEqualTo("looped");
            assertThat(ask(served, "leak 127.0.0.1 " + echo.port())).isEqualTo("held");
            await().until(() -> echo.open.get() == 0); // the reset closed it
            assertThat(served.printed()).isEmpty();
        }
    }

    @Test
    void everythingElseIsRefusedAndSaid() throws Exception {
        Bed.needsKvm();
        try (Echo echo = new Echo("127.0.0.1");
                Echo other = new Echo("127.0.0.1");
                Echo gone = new Echo("127.0.0.1");
                KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(List.of(
                        new Destination("127.0.0.1", echo.port()), new Destination("127.0.0.1", gone.port()))));
                ServedTemplate served = new ServedTemplate(template, Duration.ofSeconds(30))) {
            gone.end();
            assertThat(ask(served, "4 127.0.0.1 " + other.port() + " x")).isEqualTo("ECONNREFUSED");
            assertThat(ask(served, "4 127.0.0.2 " + echo.port() + " x")).isEqualTo("ECONNREFUSED");
            assertThat(ask(served, "4 0.0.0.0 " + echo.port() + " x")).isEqualTo("ECONNREFUSED");
            assertThat(ask(served, "6 ::1 " + echo.port() + " x")).isEqualTo("ECONNREFUSED");
            assertThat(ask(served, "6 ::ffff:127.0.0.1 " + other.port() + " x")).isEqualTo("ECONNREFUSED");
            assertThat(ask(served, "4 169.254.169.254 80 x")).isEqualTo("ENETUNREACH");
            assertThat(ask(served, "6 ::ffff:169.254.169.254 80 x")).isEqualTo("ENETUNREACH");
            assertThat(ask(served, "4 10.0.0.1 " + echo.port() + " x")).isEqualTo("ENETUNREACH");
            assertThat(ask(served, "poll 10.0.0.1 " + echo.port() + " x")).isEqualTo("ENETUNREACH");
            assertThat(ask(served, "name no.such.example 80 x")).isIn("-3", "-2"); // EAI_AGAIN, EAI_NONAME
            for (String host : List.of("127.0.0.1", "10.0.0.1", "8.8.8.8")) { // datagrams reach nobody, allowed or not
                assertThat(ask(served, "udp " + host + " " + echo.port())).isEqualTo("ENETUNREACH");
            }
            assertThat(ask(served, "udps 10.0.0.1 53")).isEqualTo("ENETUNREACH");
            assertThat(ask(served, "udps 127.0.0.1 " + echo.port())).isEqualTo("ECONNREFUSED");
            assertThat(other.accepted.get()).isZero();
            assertThat(served.printed())
                    .contains("mayfly: a connection to 127.0.0.1:" + other.port() + " is not allowed")
                    .contains("a connection to 169.254.169.254:80 is not")
                    .contains("a connection to 10.0.0.1:" + echo.port() + " is");
            // allowed, and nobody is there: as the host says
            assertThat(ask(served, "4 127.0.0.1 " + gone.port() + " x")).isEqualTo("ECONNREFUSED");
            assertThat(ask(served, "poll 127.0.0.1 " + gone.port() + " x")).endsWith("ECONNREFUSED");
            assertThat(ask(served, "again 127.0.0.1 " + gone.port() + " " + echo.port()))
                    .isEqualTo("ECONNREFUSED 0 EISCONN");
        }
    }

    @Test
    void namesAreTheHostsAndStandInEtcHosts() throws Exception {
        Bed.needsKvm();
        InetAddress own = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(it -> it.getAddress().length == 4 && !it.isLoopbackAddress() && !it.isLinkLocalAddress())
                .findFirst()
                .orElse(null);
        assumeTrue(own != null, "skipped: this host has no address but its loopback's");
        try (Echo echo = new Echo(own.getHostAddress());
                KvmDriver driver = KvmDriver.open(directory, Map.of())) {
            KvmDriver named = driver.resolvingBy(name -> {
                assertThat(name).isEqualTo("echo.example");
                return new InetAddress[] {own};
            });
            try (Template template = named.boot(spec(List.of(new Destination("echo.example", echo.port()))));
                    ServedTemplate served = new ServedTemplate(template, Duration.ofSeconds(30))) {
                assertThat(ask(served, "name echo.example " + echo.port() + " named"))
                        .isEqualTo("named");
                assertThat(ask(served, "async echo.example " + echo.port() + " named"))
                        .isEqualTo("named");
            }
            named.resolvingBy(_ -> new InetAddress[] {InetAddress.ofLiteral("169.254.169.254")});
            assertThatThrownBy(() -> named.boot(spec(List.of(new Destination("echo.example", 80)))))
                    .isInstanceOf(InitFailedException.class)
                    .hasMessageContaining("169.254.169.254, which echo.example resolves to");
        }
    }

    @Test
    void aConnectionOfTheTemplateIsResetInItsForks() throws Exception {
        Bed.needsKvm();
        Path kept = directory.resolve("kept");
        try (Echo echo = new Echo("127.0.0.1")) {
            String port = String.valueOf(echo.port());
            ServiceSpec spec = spec(List.of(new Destination("127.0.0.1", echo.port())), "127.0.0.1", port);
            Path agents = Files.createDirectories(directory.resolve("agents"));
            for (int life = 0; life < 2; life++) {
                try (KvmDriver driver = KvmDriver.open(agents, Map.of(), kept);
                        Template template = driver.boot(spec);
                        ServedTemplate served = new ServedTemplate(template, Duration.ofSeconds(30))) {
                    await().until(() -> echo.open.get() == 0);
                    assertThat(echo.accepted.get()).isEqualTo(life + 1);
                    assertThat(ask(served, "first")).isEqualTo("ECONNRESET");
                    assertThat(ask(served, "4 127.0.0.1 " + port + " anew")).isEqualTo("anew");
                    driver.settle();
                    assertThat(driver.starts().booted()).isEqualTo(life == 0 ? 1 : 0);
                }
            }
        }
    }

    /** A web application over a real database, with libpq's own way of connecting. */
    @Test
    void postgresAnswersThroughPsycopg2() throws Exception {
        Bed.needsKvm();
        assumeTrue(
                Files.isDirectory(Path.of("/usr/lib/python3/dist-packages/psycopg2")),
                "skipped: python3-psycopg2 is not installed");
        try (Postgres postgres = Postgres.start();
                KvmDriver driver = KvmDriver.open(directory, Map.of())) {
            Files.writeString(directory.resolve("app.py"), """
                    import psycopg2, sys
                    from wsgiref.simple_server import make_server
                    def app(environ, start_response):
                        base = psycopg2.connect(host="localhost", port=sys.argv[1], user="mayfly", dbname="postgres")
                        with base, base.cursor() as cursor:
                            cursor.execute("create table if not exists visits (n serial, path text)")
                            cursor.execute("insert into visits (path) values (%s)", (environ["PATH_INFO"],))
                            cursor.execute("select count(*), sum(length(repeat('x', 100000))) from visits")
                            count, size = cursor.fetchone()
                        base.close()
                        start_response("200 OK", [("Content-Type", "text/plain")])
                        return [b"visits %d %d" % (count, size)]
                    make_server("", 8000, app).serve_forever()
                    """);
            ServiceSpec client = spec(List.of(new Destination("localhost", postgres.port)));
            ServiceSpec spec = new ServiceSpec(
                    "app@1",
                    List.of("/usr/bin/python3", "app.py", String.valueOf(postgres.port)),
                    Map.of(),
                    client.directory(),
                    client.reach(),
                    false,
                    0,
                    0,
                    client.memoryBytes(),
                    4,
                    client.initTimeout());
            try (Template template = driver.boot(spec);
                    ServedTemplate served = new ServedTemplate(template, Duration.ofSeconds(30))) {
                for (int visit = 1; visit <= 3; visit++) {
                    try (Socket socket = served.connect()) {
                        assertThat(ServerBed.get(socket))
                                .as(served::printed)
                                .endsWith("visits " + visit + " " + visit * 100_000);
                    }
                }
            }
        }
    }

    @Test
    void aMachineHasSoManyAndNoMore() throws Exception {
        Bed.needsKvm();
        try (Echo echo = new Echo("127.0.0.1");
                KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(List.of(new Destination("127.0.0.1", echo.port()))));
                ServedTemplate served = new ServedTemplate(template, Duration.ofSeconds(30))) {
            for (int i = 0; i < 12; i++) { // more than all machines may have together
                assertThat(ask(served, "many 127.0.0.1 " + echo.port() + " 300"))
                        .isEqualTo("256 EADDRNOTAVAIL");
            }
            await().until(() -> echo.open.get() == 0);
            await().untilAsserted(() -> assertThat(served.ends()).hasSize(12));
            assertThat(served.ends()).allMatch(end -> end.end() == Served.End.CLOSED);
        }
    }
}
