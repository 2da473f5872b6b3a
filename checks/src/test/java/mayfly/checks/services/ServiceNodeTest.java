package mayfly.checks.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import mayfly.cli.Cli;
import mayfly.machine.HostReport;
import mayfly.machine.kvm.KvmDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services of a node in a process of its own, asked over REST and connected to by a plain HTTP client. */
class ServiceNodeTest {
    @TempDir
    Path directory;

    private ChildNode node;

    @BeforeEach
    void start() throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "skipped: no virtual machines here: "
                        + report.features().getFirst().detail());
        node = launch().start();
    }

    private ChildNode.Launch launch() {
        return ChildNode.at(directory.resolve("data"));
    }

    @AfterEach
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void anUnmodifiedServerServesFilesThatItMayRead() throws Exception {
        Path site = Files.createDirectories(directory.resolve("site"));
        Files.writeString(site.resolve("hello.txt"), "hello from the host\n");
        Map<String, Object> service = service("files", List.of("python3", "-m", "http.server", "8000"));
        service.put("directory", site.toString());
        service.put("allow_read", List.of(site.toString()));
        Reply created = node.rest().post("/api/v1/services", service);
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        URI url = URI.create("http://" + created.field("address") + "/");
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request =
                    HttpRequest.newBuilder(url.resolve("/hello.txt")).build();
            for (int i = 0; i < 5; i++) {
                HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(response.body()).isEqualTo("hello from the host\n");
            }
        }
        await().until(() -> connections("files", "served") == 5);
        assertThat(node.rest().get("/api/v1/services/files/logs").text()).contains("GET /hello.txt");
        assertThat(node.rest()
                        .get("/api/v1/services/files/logs?stream=access")
                        .text()
                        .lines())
                .hasSize(5)
                .allMatch(line -> line.contains(" closed "));
        assertThat(node.rest().delete("/api/v1/services/files").status()).isEqualTo(204);
        assertThatThrownBy(() -> ask(url.getPort())).isInstanceOf(ConnectException.class);
    }

    @Test
    void servicesAreThereAgainAfterTheNodeWasKilled() throws Exception {
        int port = serve("count", counter(1, "one"));
        Path gone = Files.createDirectories(directory.resolve("gone"));
        Map<String, Object> other = service("gone", List.of("python3", "-m", "http.server", "8000"));
        other.put("directory", gone.toString());
        other.put("allow_read", List.of(gone.toString()));
        assertThat(node.rest().post("/api/v1/services", other).status()).isEqualTo(201);
        assertThat(ask(port)).isEqualTo("one 1");
        node.kill9();
        Files.delete(gone);
        node = launch().start();
        Reply again = node.rest().get("/api/v1/services/count");
        assertThat(again.field("status")).as("%s", again).isEqualTo("active");
        assertThat(ask(portOf(again))).isEqualTo("one 1");
        Reply failed = node.rest().get("/api/v1/services/gone");
        assertThat(failed.field("status")).isEqualTo("failed");
        assertThat(failed.field("reason")).contains("there is no directory " + gone);
        assertThat(failed.json().has("address")).isFalse();
        Files.createDirectories(gone);
        Reply back = node.rest().put("/api/v1/services/gone", other);
        assertThat(back.field("status")).as("%s", back).isEqualTo("active");
    }

    @Test
    void redisKeepsItsDataForEverybodyUntilItIsReplaced() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/redis-server")), "skipped: redis-server is not installed");
        Map<String, Object> service =
                service("redis", List.of("redis-server", "--save", "", "--appendonly", "no", "--port", "7000"));
        service.put("mode", "shared");
        Reply created = node.rest().post("/api/v1/services", service);
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        assertThat(created.field("mode")).isEqualTo("shared");
        int port = portOf(created);
        assertThat(redis(port, "redis-cli", "set", "name", "mayfly")).isEqualTo("OK\n");
        assertThat(redis(port, "redis-cli", "get", "name")).isEqualTo("mayfly\n");
        assertThat(redis(port, "redis-benchmark", "-q", "-c", "20", "-n", "2000", "-t", "incr"))
                .contains("requests per second");
        assertThat(redis(port, "redis-cli", "get", "counter:__rand_int__")).isEqualTo("2000\n");
        Reply now = node.rest().get("/api/v1/services/redis");
        assertThat(now.json().get("machines").get("count").asInt()).isEqualTo(1);
        await().until(() -> connections("redis", "active") == 0);
        assertThat(connections("redis", "crashed") + connections("redis", "refused"))
                .isZero();
        assertThat(redis(port, "redis-cli", "shutdown", "nosave")).isEmpty();
        assertThat(redis(port, "redis-cli", "get", "name")).as("a new machine").isEqualTo("\n");
        assertThat(redis(port, "redis-cli", "set", "name", "again")).isEqualTo("OK\n");
        service.put("workers", 10);
        assertThat(node.rest().put("/api/v1/services/redis", service).status()).isEqualTo(200);
        assertThat(redis(port, "redis-cli", "get", "name")).as("a new version").isEqualTo("\n");
        assertThat(node.rest().delete("/api/v1/services/redis").status()).isEqualTo(204);
    }

    private static String redis(int port, String client, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("/usr/bin/" + client, "-p", String.valueOf(port)));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    @Test
    void aReplacementRefusesNoConnection() throws Exception {
        int port = serve("count", counter(1, "one"));
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger answers = new AtomicInteger();
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        AtomicReference<String> last = new AtomicReference<>("");
        Thread client = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                try {
                    String answer = ask(port);
                    assertThat(answer).matches("(one|two) 1");
                    last.set(answer);
                    answers.incrementAndGet();
                } catch (IOException | AssertionError e) {
                    wrong.compareAndSet(null, e);
                    return;
                }
            }
        });
        await().until(() -> answers.get() > 5);
        Reply replaced = node.rest().put("/api/v1/services/count", counter(2, "two"));
        assertThat(replaced.status()).as("%s", replaced).isEqualTo(200);
        assertThat(replaced.field("address")).endsWith(":" + port);
        await().until(() -> last.get().equals("two 1") || wrong.get() != null);
        over.set(true);
        client.join();
        assertThat(wrong.get()).isNull();
    }

    @Test
    void whatDoesNotStartLeavesNothing() throws Exception {
        Map<String, Object> service =
                service("none", List.of("python3", "-c", "print('no server'); raise SystemExit(7)"));
        int port = freePort();
        service.put("listen", Map.of("port", port));
        Reply refused = node.rest().post("/api/v1/services", service);
        assertThat(refused.status()).as("%s", refused).isEqualTo(422);
        assertThat(refused.text()).contains("no server");
        assertThat(node.rest().get("/api/v1/services").text()).doesNotContain("none");
        assertThatThrownBy(() -> ask(port)).isInstanceOf(ConnectException.class);
        node.kill9();
        node = launch().start();
        assertThat(node.rest().get("/api/v1/services").text()).doesNotContain("none");
    }

    @Test
    void aUnixSocketServesAndGoesWithItsService() throws Exception {
        Path socket = directory.resolve("web.sock");
        Map<String, Object> service = counter(1, "unix");
        service.put("name", "count");
        service.put("listen", Map.of("unix", socket.toString()));
        assertThat(node.rest().post("/api/v1/services", service).field("address"))
                .isEqualTo("unix:" + socket);
        assertThat(Files.exists(socket)).isTrue();
        node.kill9();
        node = launch().start();
        assertThat(node.rest().get("/api/v1/services/count").field("status")).isEqualTo("active");
        assertThat(node.rest().delete("/api/v1/services/count").status()).isEqualTo(204);
        assertThat(Files.exists(socket)).isFalse();
    }

    @Test
    void whatAFileDeclaresIsThere() throws Exception {
        node.close();
        Path examples = Files.createDirectories(directory.resolve("examples"));
        for (String file : List.of("services/services.toml", "serve-python/server.py", "hello-python/app.py")) {
            Files.createDirectories(examples.resolve(file).getParent());
            Files.copy(Path.of("../examples", file), examples.resolve(file));
        }
        Path declared = examples.resolve("services/services.toml");
        Path socket = directory.resolve("files.sock");
        int port = freePort();
        String text = Files.readString(declared)
                .replace("port = 8080", "port = " + port)
                .replace("/tmp/mayfly-files.sock", socket.toString());
        Files.writeString(declared, text + "[[services]]\nname = 'broken'\nprogram = ['python3', '-c', '1/0']\n");
        node = launch().flag("services", declared.toString()).start();
        await().until(() -> node.log().contains("service broken: "));
        assertThat(ask(port)).startsWith("visit 3, 3 notes"); // two visits were the warm-up's
        assertThat(Files.exists(socket)).isTrue();
        assertThat(node.log()).contains("ZeroDivisionError");
        assertThat(node.rest().get("/api/v1/services/broken").status()).isEqualTo(404);

        node = node.restarted();
        await().until(() -> node.log().contains("service broken: "));
        assertThat(versions()).as("as they were").isEqualTo("files 1 visits 1");

        Files.writeString(declared, text.replace("workers = 4", "workers = 3"));
        assertThat(Cli.run(new String[] {"serve", "--url", node.url(), "--file", declared.toString()}))
                .isZero();
        assertThat(versions()).isEqualTo("files 1 visits 2");
        assertThat(node.rest()
                        .get("/api/v1/services/visits")
                        .json()
                        .path("workers")
                        .asInt())
                .isEqualTo(3);
        Files.writeString(declared, text + "[[services]]\nnaem = 'x'\n");
        node.close();
        ChildNode.Refused refused =
                launch().flag("services", declared.toString()).refused();
        assertThat(refused.message()).contains("services[2].naem").contains("did you mean name");
        node = launch().start();
    }

    /** "web 1 files 2". */
    private String versions() {
        StringBuilder versions = new StringBuilder();
        node.rest()
                .get("/api/v1/services")
                .json()
                .path("items")
                .forEach(service -> versions.append(' ')
                        .append(service.path("name").asString())
                        .append(' ')
                        .append(service.path("version").asInt()));
        return versions.toString().strip();
    }

    private static Map<String, Object> service(String name, List<String> program) {
        Map<String, Object> service = new HashMap<>();
        service.put("name", name);
        service.put("program", program);
        service.put("env", Map.of(Rest.MARK, "1"));
        return service;
    }

    private Map<String, Object> counter(int version, String word) throws IOException {
        Path code = Files.createDirectories(directory.resolve("code" + version));
        Files.writeString(code.resolve("app.py"), ServiceBed.COUNTER.replace("b\"count\"", "b\"" + word + "\""));
        Map<String, Object> service = service("count", List.of("python3", "app.py"));
        service.put("directory", code.toString());
        service.put("allow_read", List.of(code.toString()));
        return service;
    }

    private int serve(String name, Map<String, Object> service) {
        service.put("name", name);
        Reply created = node.rest().post("/api/v1/services", service);
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        return portOf(created);
    }

    private static int portOf(Reply service) {
        return Integer.parseInt(service.field("address").replaceAll(".*:", ""));
    }

    private long connections(String name, String which) {
        return node.rest()
                .get("/api/v1/services/" + name)
                .json()
                .path("connections")
                .path(which)
                .asLong();
    }

    private static int freePort() throws IOException {
        try (java.net.ServerSocket free = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    /** A connection of its own with one request; the body. */
    private static String ask(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return all.substring(all.indexOf("\r\n\r\n") + 4);
        }
    }
}
