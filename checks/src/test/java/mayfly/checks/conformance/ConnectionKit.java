package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mayfly.machine.ConnectionListener;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.Test;

/** One machine for each connection, in the template's state, and nothing left of it. */
interface ConnectionKit {
    Duration PATIENCE = Duration.ofSeconds(30);

    MachineDriver driver();

    /** A directory that machines may read. */
    Path site();

    String COUNTER = """
            import http.server, os, random, sys, time
            count = 0
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    global count
                    count += 1
                    if self.path == "/crash": os._exit(3)
                    if self.path == "/hang":
                        while True: time.sleep(1)
                    print("request", self.path, flush=True)
                    body = b"count %d" % count
                    if self.path == "/random": body = b"%r" % random.random()
                    if self.path == "/tmp":
                        body = repr([each for each in os.listdir("/tmp") if each == "left"]).encode()
                        open("/tmp/left", "w").write("state")
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *args):
                    pass
            http.server.HTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
            """;

    private ServiceSpec counter(String source, int port, int warmup) throws Exception {
        Files.writeString(site().resolve("counter.py"), source);
        return ServiceDriverKit.spec(site(), List.of("/usr/bin/python3", "counter.py", "8000"), port, warmup, false);
    }

    /** Serves one connection with a new machine. */
    static String once(Template template, ConnectionListener listener, String... paths) throws Exception {
        try (Machine machine = template.fork()) {
            Talk talk = Talk.begin(listener, paths);
            Served served = machine.serve(talk.connection(), PATIENCE, LogSink.NONE);
            assertThat(served.end()).as(served.toString()).isEqualTo(Served.End.CLOSED);
            return talk.answer().get();
        }
    }

    @Test
    default void everyConnectionFindsTheServerAsItWasFrozen() throws Exception {
        try (Template template = driver().boot(counter(COUNTER, 8000, 2));
                ConnectionListener listener = Talk.listener()) {
            StringBuilder log = new StringBuilder();
            for (int round = 0; round < 10; round++) {
                try (Machine machine = template.fork()) {
                    Talk talk = Talk.begin(listener, "/a", "/b");
                    Served served = machine.serve(
                            talk.connection(),
                            PATIENCE,
                            (_, bytes) -> log.append(new String(bytes, StandardCharsets.UTF_8)));
                    assertThat(served.end()).as(served.toString()).isEqualTo(Served.End.CLOSED);
                    String answer = talk.answer().get();
                    assertThat(answer).contains("count 3").endsWith("count 4"); // two requests were ours
                    assertThat(served.sent()).isEqualTo(answer.length());
                    assertThat(served.received()).isBetween(50L, 200L);
                    assertThat(machine.serve(talk.connection(), PATIENCE, LogSink.NONE)
                                    .end())
                            .isEqualTo(Served.End.NOT_STARTED);
                }
            }
            assertThat(log.toString()).startsWith("request /a\nrequest /b\nrequest /a\n");
        }
    }

    @Test
    default void whatGoesWrongEndsTheConnectionOnly() throws Exception {
        try (Template template = driver().boot(counter(COUNTER, 0, 0));
                ConnectionListener listener = Talk.listener()) {
            Talk crash = Talk.begin(listener, "/crash");
            try (Machine machine = template.fork()) {
                Served served = machine.serve(crash.connection(), PATIENCE, LogSink.NONE);
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
            assertThat(once(template, listener, "/well")).endsWith("count 1");
            assertThat(template.ping(10_000)).isTrue();
        }
    }

    @Test
    default void aClosedMachineLetsGoOfItsConnection() throws Exception {
        try (Template template = driver().boot(counter(COUNTER, 0, 0));
                ConnectionListener listener = Talk.listener()) {
            Talk late = Talk.begin(listener, "/hang");
            Machine machine = template.fork();
            CompletableFuture<Void> seen = new CompletableFuture<>();
            Future<Served> serving;
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                serving = threads.submit(() -> {
                    seen.complete(null);
                    return machine.serve(late.connection(), PATIENCE, LogSink.NONE);
                });
                seen.join();
                machine.close();
            }
            assertThat(serving.get().end()).isIn(Served.End.CANCELLED, Served.End.NOT_STARTED);
            late.connection().close();
            assertThat(late.answer().get()).isEmpty();
            assertThat(once(template, listener, "/well")).endsWith("count 1");
        }
    }

    @Test
    default void noStateLeaksFromOneConnectionToTheNext() throws Exception {
        try (Template template = driver().boot(counter(COUNTER, 0, 0));
                ConnectionListener listener = Talk.listener()) {
            for (int round = 0; round < 8; round++) {
                assertThat(once(template, listener, "/tmp", "/tmp"))
                        .contains("[]")
                        .endsWith("['left']");
            }
        }
    }

    @Test
    default void noTwoForksDrawTheSameNumbers() throws Exception {
        try (Template template = driver().boot(counter(COUNTER, 0, 0));
                ConnectionListener listener = Talk.listener()) {
            Set<String> drawn = new HashSet<>();
            for (int round = 0; round < 8; round++) {
                String answer = once(template, listener, "/random");
                drawn.add(answer.substring(answer.indexOf("\r\n\r\n")));
            }
            assertThat(drawn).hasSize(8);
        }
    }

    @Test
    default void fiftyAtOnce() throws Exception {
        try (Template template = driver().boot(counter(COUNTER, 0, 0));
                ConnectionListener listener = Talk.listener();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Talk> talks = new ArrayList<>();
            List<Future<Served>> served = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Talk talk = Talk.begin(listener, "/a", "/b");
                talks.add(talk);
                served.add(threads.submit(() -> {
                    try (Machine machine = template.fork()) {
                        return machine.serve(talk.connection(), PATIENCE, LogSink.NONE);
                    }
                }));
            }
            for (int i = 0; i < 50; i++) {
                assertThat(served.get(i).get().end())
                        .as(served.get(i).get().toString())
                        .isEqualTo(Served.End.CLOSED);
                assertThat(talks.get(i).answer().get()).contains("count 1").endsWith("count 2");
            }
        }
    }

    @Test
    default void aClientMayTakeItsTime() throws Exception {
        try (Template template = driver().boot(counter(COUNTER, 0, 0));
                ConnectionListener listener = Talk.listener();
                Machine machine = template.fork()) {
            Talk talk = Talk.begin(listener, ConnectionKit::inTurns);
            Served served = machine.serve(talk.connection(), PATIENCE, LogSink.NONE);
            assertThat(served.end()).as(served.toString()).isEqualTo(Served.End.CLOSED);
            assertThat(talk.answer().get()).isEqualTo("count 1 count 2 count 3");
        }
    }

    /** Each request after the answer to the one before; then the client ends the connection. */
    private static String inTurns(Socket socket) throws java.io.IOException {
        List<String> bodies = new ArrayList<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        for (int i = 0; i < 3; i++) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String line = in.readLine();
            while (line != null && !line.isEmpty()) {
                line = in.readLine();
            }
            char[] body = new char["count 1".length()];
            int read = in.read(body);
            bodies.add(new String(body, 0, Math.max(0, read)));
        }
        return String.join(" ", bodies);
    }

    @Test
    default void serversThatDoNotListenAreRefusedWithWhatTheyPrinted() throws Exception {
        assertThatThrownBy(() -> driver().boot(
                                counter("import sys\nprint('hello', flush=True)\nsys.exit('no configuration')", 0, 0)))
                .isInstanceOfSatisfying(InitFailedException.class, e -> {
                    assertThat(e.error().message()).contains("status 1");
                    assertThat(e.error().stack()).contains("hello", "no configuration");
                });
        assertThatThrownBy(() -> driver().boot(counter(COUNTER, 9000, 0)))
                .isInstanceOfSatisfying(
                        InitFailedException.class,
                        e -> assertThat(e.error().message()).contains("port 9000", "8000"));
    }
}
