package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import mayfly.machine.ConnectionListener;
import mayfly.machine.Machine;
import mayfly.machine.Reach;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers of several processes: prefork, a process for each connection, and one that saves in a process of its own. */
class ProcessServicesTest {
    @TempDir
    Path directory;

    private ServiceSpec spec(int warmup, String... program) {
        return new ServiceSpec(
                "processes@1",
                List.of(program),
                Map.of(),
                directory.toString(),
                Reach.readOnly(directory),
                false,
                8000,
                warmup,
                256 << 20,
                4,
                Duration.ofSeconds(30));
    }

    private static String ask(Template template, ConnectionListener listener) throws Exception {
        int port =
                Integer.parseInt(listener.address().substring(listener.address().lastIndexOf(':') + 1));
        FutureTask<String> answer = new FutureTask<>(() -> {
            try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
                return ServerBed.get(socket);
            }
        });
        Thread.ofPlatform().start(answer);
        try (Machine machine = template.fork()) {
            Served served =
                    machine.serve(Objects.requireNonNull(listener.accept()), Duration.ofSeconds(20), (_, _) -> {});
            assertThat(served.end()).as(served.toString()).isEqualTo(Served.End.CLOSED);
        }
        return answer.get();
    }

    private void countsTo(String last, ServiceSpec spec) throws Exception {
        Bed.needsKvm();
        Path kept = directory.resolve("kept");
        try (KvmDriver driver = KvmDriver.open(directory, Map.of(), kept);
                ConnectionListener listener = ConnectionListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8)) {
            try (Template template = driver.boot(spec)) {
                for (int round = 0; round < 4; round++) {
                    assertThat(ask(template, listener)).contains("200 OK").endsWith("count " + last);
                }
            }
            driver.settle();
        }
    }

    @Test
    void gunicornAfterRequestsOfOurs() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gunicorn")), "skipped: gunicorn is not installed");
        Files.writeString(directory.resolve("app.py"), """
                count = 0
                def app(environ, start_response):
                    global count
                    count += 1
                    start_response("200 OK", [("Content-Length", "7")])
                    return [b"count %d" % count]
                """);
        countsTo("3", spec(2, "/usr/bin/gunicorn", "-w", "1", "-b", "127.0.0.1:8000", "app:app"));
    }

    @Test
    void aProcessForEachConnection() throws Exception {
        Files.writeString(directory.resolve("app.py"), """
                import http.server, socketserver
                count = 0
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        body = b"count %d" % count
                        self.send_response(200)
                        self.end_headers()
                        self.wfile.write(body)
                    def log_message(self, *args):
                        pass
                class Server(socketserver.ForkingMixIn, http.server.HTTPServer):
                    def process_request(self, request, address):
                        global count
                        count += 1
                        super().process_request(request, address)
                Server(("", 8000), Handler).serve_forever()
                """);
        countsTo("1", spec(0, "/usr/bin/python3", "app.py"));
    }

    @Test
    void redisSavesInTheBackground() throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/redis-server")), "skipped: redis-server is not installed");
        List<String> command = List.of("/usr/bin/redis-server", "--port", "8000", "--save", "", "--dir", "/tmp");
        assertThat(new ServerBed().serve(directory, command, 256 << 20, 2, ProcessServicesTest::save))
                .containsOnly("ok");
    }

    private static String save(Socket socket) throws IOException {
        assertThat(say(socket, "SET a 1")).isEqualTo("+OK\r\n");
        assertThat(say(socket, "BGSAVE")).startsWith("+Background");
        String info = "";
        while (!info.contains("rdb_bgsave_in_progress:0")) {
            info = say(socket, "INFO persistence");
        }
        return info.replaceAll("(?s).*rdb_last_bgsave_status:(\\w+).*rdb_saves:1.*|.*", "$1");
    }

    private static String say(Socket socket, String what) throws IOException {
        socket.getOutputStream().write((what + "\r\n").getBytes(StandardCharsets.US_ASCII));
        byte[] answer = new byte[8192];
        int count = socket.getInputStream().read(answer);
        return new String(answer, 0, Math.max(0, count), StandardCharsets.US_ASCII);
    }
}
