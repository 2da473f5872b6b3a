package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import mayfly.machine.Connection;
import mayfly.machine.ConnectionListener;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.Reach;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services through the driver's contract. */
class ServiceDriverTest {
    private static final String COUNTER = """
            import http.server, sys, time
            count = 0
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    global count
                    count += 1
                    if self.path == "/crash":
                        import os; os._exit(3)
                    if self.path == "/hang":
                        while True: time.sleep(1)
                    print("request", self.path, flush=True)
                    body = b"count %d" % count
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *args):
                    pass
            http.server.HTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
            """;

    @TempDir
    Path directory;

    private ServiceSpec spec(String source, int port, int warmup) throws Exception {
        Files.writeString(directory.resolve("app.py"), source);
        return new ServiceSpec(
                "counter@1",
                List.of("/usr/bin/python3", "app.py", "8000"),
                Map.of(),
                directory.toString(),
                Reach.readOnly(directory),
                false,
                port,
                warmup,
                128 << 20,
                4,
                Duration.ofSeconds(20));
    }

    /** A client that sends, and the accepted end of its connection. */
    private record Talk(FutureTask<String> answer, Connection connection) {
        static Talk begin(ConnectionListener listener, String... paths) throws Exception {
            int port = Integer.parseInt(
                    listener.address().substring(listener.address().lastIndexOf(':') + 1));
            FutureTask<String> answer = new FutureTask<>(() -> {
                try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
                    StringBuilder requests = new StringBuilder();
                    for (int i = 0; i < paths.length; i++) {
                        requests.append("GET ").append(paths[i]).append(" HTTP/1.1\r\nHost: x\r\n");
                        requests.append(i == paths.length - 1 ? "Connection: close\r\n\r\n" : "\r\n");
                    }
                    socket.getOutputStream().write(requests.toString().getBytes(StandardCharsets.US_ASCII));
                    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                } catch (SocketException reset) { // hung up on before the request was read
                    return "";
                }
            });
            Thread.ofPlatform().start(answer);
            return new Talk(answer, Objects.requireNonNull(listener.accept()));
        }
    }

    private static ConnectionListener listener() throws Exception {
        return ConnectionListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8);
    }

    @Test
    void everyConnectionFindsTheServerAsItWasFrozen() throws Exception {
        Bed.needsKvm();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(COUNTER, 8000, 2));
                ConnectionListener listener = listener()) {
            StringBuilder log = new StringBuilder();
            for (int round = 0; round < 10; round++) {
                try (Machine machine = template.fork()) {
                    Talk talk = Talk.begin(listener, "/a", "/b");
                    Served served = machine.serve(
                            talk.connection(),
                            Duration.ofSeconds(20),
                            (_, bytes) -> log.append(new String(bytes, StandardCharsets.UTF_8)));
                    assertThat(served.end()).as(served.toString()).isEqualTo(Served.End.CLOSED);
                    String answer = talk.answer().get();
                    assertThat(answer).contains("count 3").endsWith("count 4"); // two requests were ours
                    assertThat(served.sent()).isEqualTo(answer.length());
                    assertThat(served.received()).isGreaterThan(50);
                }
            }
            assertThat(log.toString()).startsWith("request /a\nrequest /b\nrequest /a\n");
        }
    }

    @Test
    void aSavedTemplateServesLikeTheBootedOne() throws Exception {
        Bed.needsKvm();
        Path kept = directory.resolve("kept");
        ServiceSpec spec = spec(COUNTER, 8000, 0);
        try (KvmDriver driver = KvmDriver.open(agents(), Map.of(), kept)) {
            serve(driver, spec, 3);
            driver.settle();
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(1, 0, 1));
            serve(driver, spec, 3); // as after a scaling to zero
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(1, 1, 1));
        }
        try (KvmDriver driver = KvmDriver.open(agents(), Map.of(), kept)) { // as after a restart
            serve(driver, spec, 30);
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(0, 1, 0));
            driver.forget("another@1");
            serve(driver, spec, 1);
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(0, 2, 0));
            driver.forget(spec.name());
            assertThat(kept).isEmptyDirectory();
            serve(driver, spec, 1);
            assertThat(driver.starts().booted()).isEqualTo(1);
            driver.settle();
            serve(driver, spec(COUNTER + "# changed, and longer", 8000, 0), 1);
            assertThat(driver.starts().booted()).isEqualTo(2);
        }
    }

    /** Whose calls are foretold from the second connection on. */
    @Test
    void anAsyncioServerFindsItsLoopInEveryConnection() throws Exception {
        Bed.needsKvm();
        String source = """
                import asyncio
                async def serve(reader, writer):
                    await reader.readline()
                    await asyncio.sleep(0.001)
                    loop = asyncio.get_running_loop()
                    writer.write(b"found" if loop is LOOP else b"another")
                    writer.close()
                async def main():
                    global LOOP
                    LOOP = asyncio.get_running_loop()
                    await (await asyncio.start_server(serve, None, 8000)).serve_forever()
                asyncio.run(main())
                """;
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(source, 8000, 0));
                ServedTemplate served = new ServedTemplate(template, Duration.ofSeconds(20))) {
            for (int i = 0; i < 6; i++) {
                try (Socket socket = served.connect()) {
                    socket.getOutputStream().write('\n');
                    assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .as("connection %d: %s", i, served.printed())
                            .isEqualTo("found");
                }
            }
        }
    }

    private Path agents() throws Exception {
        return Files.createDirectories(directory.resolve("agents"));
    }

    private static void serve(KvmDriver driver, ServiceSpec spec, int connections) throws Exception {
        try (Template template = driver.boot(spec);
                ConnectionListener listener = listener()) {
            for (int i = 0; i < connections; i++) {
                try (Machine machine = template.fork()) {
                    Talk talk = Talk.begin(listener, "/a", "/b");
                    Served served = machine.serve(talk.connection(), Duration.ofSeconds(20), LogSink.NONE);
                    assertThat(served.end()).as(served.toString()).isEqualTo(Served.End.CLOSED);
                    assertThat(talk.answer().get()).contains("count 1").endsWith("count 2");
                }
            }
        }
    }

    @Test
    void aProgramThatIsConnectedToItselfIsNotSaved() throws Exception {
        Bed.needsKvm();
        String connected = "import socket\nheld = None\n"
                + COUNTER.replace(
                        "http.server.HTTPServer((\"0.0.0.0\", int(sys.argv[1])), Handler).serve_forever()", """
                        server = http.server.HTTPServer(("0.0.0.0", int(sys.argv[1])), Handler)
                        held = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                        other = server.socket.accept()
                        server.serve_forever()
                        """);
        try (KvmDriver driver = KvmDriver.open(agents(), Map.of(), directory.resolve("kept"))) {
            serve(driver, spec(connected, 8000, 0), 2);
            driver.settle();
            serve(driver, spec(connected, 8000, 0), 2);
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(2, 0, 0));
        }
    }

    /** Two services are never taken for each other. */
    @Test
    void everythingThatATemplateDependsOnIsInItsKey() {
        List<String> program = List.of("/bin/a", "b");
        Duration time = Duration.ofSeconds(1);
        Set<String> keys = new HashSet<>();
        List<ServiceSpec> different = List.of(
                new ServiceSpec("s", program, Map.of(), "/d", Reach.readOnly(), false, 0, 0, 1 << 20, 1, time),
                new ServiceSpec("t", program, Map.of(), "/d", Reach.readOnly(), false, 0, 0, 1 << 20, 1, time),
                new ServiceSpec(
                        "s", List.of("/bin/a b"), Map.of(), "/d", Reach.readOnly(), false, 0, 0, 1 << 20, 1, time),
                new ServiceSpec("s", program, Map.of("A", "B"), "/d", Reach.readOnly(), false, 0, 0, 1 << 20, 1, time),
                new ServiceSpec("s", program, Map.of(), "/e", Reach.readOnly(), false, 0, 0, 1 << 20, 1, time),
                new ServiceSpec(
                        "s", program, Map.of(), "/d", Reach.readOnly(Path.of("/x")), false, 0, 0, 1 << 20, 1, time),
                new ServiceSpec("s", program, Map.of(), "/d", Reach.readOnly(), false, 80, 0, 1 << 20, 1, time),
                new ServiceSpec("s", program, Map.of(), "/d", Reach.readOnly(), false, 0, 1, 1 << 20, 1, time),
                new ServiceSpec("s", program, Map.of(), "/d", Reach.readOnly(), false, 0, 0, 2 << 20, 1, time));
        for (ServiceSpec each : different) {
            assertThat(keys.add(TemplateKey.of(each, List.of(), "world").text()))
                    .as(each.toString())
                    .isTrue();
        }
        ServiceSpec first = different.getFirst();
        assertThat(keys.add(TemplateKey.of(first, List.of(), "another world").text()))
                .isTrue();
        assertThat(keys.add(
                        TemplateKey.of(first, List.of("db 10.0.0.1"), "world").text()))
                .isTrue();
        assertThat(keys.add(TemplateKey.of(first, List.of(), "world").text())).isFalse();
    }

    @Test
    void whatGoesWrongEndsTheConnectionOnly() throws Exception {
        Bed.needsKvm();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(COUNTER, 0, 0));
                ConnectionListener listener = listener()) {
            Talk crash = Talk.begin(listener, "/crash");
            try (Machine machine = template.fork()) {
                Served served = machine.serve(crash.connection(), Duration.ofSeconds(20), LogSink.NONE);
                assertThat(served.end()).isEqualTo(Served.End.CRASHED);
                assertThat(served.detail()).contains("status 3");
                assertThat(crash.answer().get()).isEmpty();
            }
            Talk hang = Talk.begin(listener, "/hang");
            try (Machine machine = template.fork()) {
                Served served = machine.serve(hang.connection(), Duration.ofMillis(300), LogSink.NONE);
                assertThat(served.end()).isEqualTo(Served.End.TIMED_OUT);
                assertThat(hang.answer().get()).isEmpty();
            }
            Talk late = Talk.begin(listener, "/hang");
            KvmMachine closed = (KvmMachine) template.fork();
            CompletableFuture<Served> serving = closed.begin(late.connection(), Duration.ofSeconds(20), LogSink.NONE);
            closed.close();
            assertThat(serving.get().end()).isIn(Served.End.CANCELLED, Served.End.NOT_STARTED);
            late.connection().close();
            late.answer().get();
            try (Machine machine = template.fork()) {
                Talk well = Talk.begin(listener, "/well");
                assertThat(machine.serve(well.connection(), Duration.ofSeconds(20), LogSink.NONE)
                                .end())
                        .isEqualTo(Served.End.CLOSED);
                assertThat(well.answer().get()).endsWith("count 1");
                assertThat(machine.serve(well.connection(), Duration.ofSeconds(20), LogSink.NONE)
                                .end())
                        .isEqualTo(Served.End.NOT_STARTED);
            }
        }
    }

    @Test
    void serversThatDoNotListenAreRefusedWithWhatTheyPrinted() throws Exception {
        Bed.needsKvm();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of())) {
            assertThatThrownBy(() -> driver.boot(spec("import sys\nsys.exit('no configuration')", 0, 0)))
                    .isInstanceOfSatisfying(InitFailedException.class, e -> {
                        assertThat(e.error().message()).contains("status 1");
                        assertThat(e.error().stack()).contains("no configuration");
                    });
            assertThatThrownBy(() -> driver.boot(
                            spec("import sys\nsys.stdin.read()\nimport threading\nthreading.Event().wait()", 0, 0)))
                    .isInstanceOfSatisfying(
                            InitFailedException.class,
                            e -> assertThat(e.error().message()).contains("listens nowhere"));
            assertThatThrownBy(() -> driver.boot(spec(COUNTER, 9000, 0)))
                    .isInstanceOfSatisfying(
                            InitFailedException.class,
                            e -> assertThat(e.error().message()).contains("port 9000", "8000"));
        }
    }
}
