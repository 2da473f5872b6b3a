package mayfly.checks.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import mayfly.machine.kvm.KvmDriver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that cannot be served: each is answered with what is wrong and what to do, and changes nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestFaultsTest {
    private static final String ECHO = "def handler(event):\n    return event\n";
    private static final String JSON = "application/json";

    @TempDir
    static Path directory;

    private ChildNode node;
    private Rest rest;

    @BeforeAll
    void start() throws Exception {
        node = ChildNode.at(directory.resolve("data")).start().requireSandboxes();
        rest = node.rest();
        rest.deployed("echo", ECHO, Map.of());
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    private static Reply fails(Reply reply, int status, String code, String... words) {
        assertThat(reply.status()).as("%s", reply).isEqualTo(status);
        assertThat(reply.code()).as("%s", reply).isEqualTo(code);
        assertThat(List.of(words)).as("in %s", reply).allMatch(reply.text()::contains);
        return reply;
    }

    private Reply deploys(String name, Map<String, ?> settings) {
        return rest.post("/api/v1/functions", settings.containsKey("name") ? settings : with(settings, "name", name));
    }

    private static Map<String, Object> with(Map<String, ?> settings, String key, Object value) {
        Map<String, Object> more = new HashMap<>(settings);
        more.put(key, value);
        return more;
    }

    @Test
    void sourcesThatDoNotLoad() throws IOException {
        Reply syntax = fails(
                rest.deploy("bad", "import os\n\ndef handler(event):\n    retrun 1\n", Map.of()),
                422,
                "function.init_failed",
                "SyntaxError");
        assertThat(syntax.json().path("function_error").path("line").asInt()).isEqualTo(4);
        assertThat(syntax.json().path("function_error").path("file").asString()).isEqualTo("main.py");
        fails(rest.deploy("bad", "import no_such_module\n", Map.of()), 422, "function.init_failed", "no_such_module");
        fails(
                rest.deploy("bad", "def handle(event): pass\n", Map.of()),
                422,
                "function.init_failed",
                "HandlerMissing",
                "'handler'",
                "handle");
        fails(rest.deploy("bad", ECHO, Map.of("handler", "a.b.c.")), 400, "function.invalid", "module.function");
        fails(rest.deploy("bad", "import os\nos._exit(9)\n", Map.of()), 422, "function.init_failed", "status 9");
        fails(rest.get("/api/v1/functions/bad"), 404, "function.not_found");
        assertThat(rest.put("/api/v1/functions/echo", Rest.function("echo", "def handler(\n", Map.of()))
                        .status())
                .isEqualTo(422);
        assertThat(rest.invoke("echo", "still").text()).isEqualTo("\"still\"");
        assertThat(rest.get("/api/v1/functions/echo").json().path("version").asInt())
                .isEqualTo(1);
        await().untilAsserted(() -> assertThat(entries("code")).hasSize(1));
    }

    @Test
    void runtimesAndIsolationThatAreNotThere() {
        fails(deploys("bad", Map.of("runtime", "pyton3", "code", ECHO)), 400, "runtime.unknown", "pyton3", "python3");
        fails(deploys("bad", Map.of("runtime", "wasm", "code", "x", "handler", "stdio")), 400, "runtime.unknown");
        if (!KvmDriver.examine(Map.of()).usable()) { // a host that makes virtual machines has nothing it cannot give
            fails(
                    deploys("bad", Map.of("runtime", "python3", "code", ECHO, "isolation", "kvm")),
                    422,
                    "isolation.unavailable",
                    "doctor");
        }
    }

    @Test
    void fieldsThatAreNotThereOrOutOfRange() {
        fails(
                deploys("bad", Map.of("runtime", "python3", "code", ECHO, "memroy_mb", 64)),
                400,
                "request.invalid",
                "memroy_mb",
                "memory_mb");
        fails(deploys("bad", Map.of("runtime", "python3", "code", ECHO, "memory_mb", 1)), 400, "function.invalid");
        fails(deploys("bad", Map.of("runtime", "python3", "code", ECHO, "memory_mb", "64")), 400, "request.invalid");
        fails(deploys("bad", Map.of("runtime", "python3", "code", ECHO, "tags", "x")), 400, "request.invalid", "tags");
        fails(deploys("bad", Map.of("runtime", "python3")), 400, "function.invalid", "code and archive");
        fails(deploys("", Map.of("runtime", "python3", "code", ECHO)), 400, "function.invalid", "name");
        fails(deploys("a/b", Map.of("runtime", "python3", "code", ECHO)), 400, "function.invalid");
        fails(
                deploys("bad", Map.of("runtime", "python3", "code", ECHO, "env", Map.of("A=B", "x"))),
                400,
                "function.invalid",
                "A=B");
        Reply several = fails(
                deploys("Bad", Map.of("runtime", "python3", "code", ECHO, "memory_mb", 1, "timeout_ms", 0)),
                400,
                "function.invalid");
        assertThat(several.json().path("errors").size())
                .as("all problems at once")
                .isEqualTo(3);
        fails(rest.get("/api/v1/functions?lmit=1"), 400, "request.invalid", "lmit", "limit");
        fails(rest.get("/api/v1/functions?limit=1&limit=2"), 400, "request.invalid", "limit");
        fails(rest.get("/api/v1/functions?limit=many"), 400, "request.invalid", "limit");
    }

    @Test
    void bodiesThatAreNoJson() {
        for (String body : List.of("{", "[1,]", "{\"a\":1}x", "\"\\ud800\"", "nul", "{'a':1}", "\u0000")) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            Reply reply = rest.send("POST", "/api/v1/functions/echo/invoke", bytes, Map.of("content-type", JSON));
            if (!body.contains("ud800")) {
                fails(reply, 400, "request.invalid");
            }
            fails(rest.send("POST", "/api/v1/functions", bytes, Map.of("content-type", JSON)), 400, "request.invalid");
        }
        byte[] deep = ("[".repeat(100_000) + "]".repeat(100_000)).getBytes(StandardCharsets.UTF_8);
        fails(
                rest.send("POST", "/api/v1/functions/echo/invoke", deep, Map.of("content-type", JSON)),
                400,
                "request.invalid");
        byte[] notUtf8 = {'"', (byte) 0xff, '"'};
        fails(
                rest.send("POST", "/api/v1/functions/echo/invoke", notUtf8, Map.of("content-type", JSON)),
                400,
                "request.invalid");
        fails(rest.send("POST", "/api/v1/functions", new byte[0], Map.of()), 400, "request.invalid");
        fails(
                rest.send("POST", "/api/v1/tasks", "[]".getBytes(StandardCharsets.UTF_8), Map.of("content-type", JSON)),
                400,
                "request.invalid");
    }

    @Test
    void payloadsThatAreTooLarge() {
        byte[] seven = new byte[7 << 20];
        Map<String, String> binary = Map.of("content-type", "application/octet-stream");
        fails(rest.send("POST", "/api/v1/functions/echo/invoke", seven, binary), 413, "request.too_large");
        fails(rest.send("POST", "/api/v1/functions/echo/async", new byte[300 << 10], binary), 413, "request.too_large");
        byte[] largest = new byte[6 << 20];
        new Random(1).nextBytes(largest);
        assertThat(rest.send("POST", "/api/v1/functions/echo/invoke", largest, binary)
                        .body())
                .isEqualTo(largest);
        fails(
                deploys("bad", Map.of("runtime", "python3", "code", "#" + "x".repeat(600 << 10))),
                400,
                "function.invalid",
                "524288");
    }

    @Test
    void archivesThatAreBrokenOrHostile() throws IOException {
        fails(deploysArchive(Archives.zip("../evil.py", "x")), 400, "function.invalid", "../evil.py");
        fails(deploysArchive(Archives.zip("/etc/evil.py", "x")), 400, "function.invalid", "/etc/evil.py");
        fails(deploysArchive(Archives.zip("a/../../evil.py", "x")), 400, "function.invalid");
        fails(deploysArchive(Archives.zip("a", "x", "a/b", "x")), 400, "function.invalid");
        fails(deploysArchive(Archives.tarGz("../evil.py", '0')), 400, "function.invalid", "../evil.py");
        fails(deploysArchive(Archives.tarGz("link", '2')), 400, "function.invalid", "link");
        fails(deploysArchive(Archives.bomb()), 400, "function.invalid", "50 MiB");
        byte[] whole = Archives.zip("main.py", ECHO.repeat(200));
        fails(deploysArchive(java.util.Arrays.copyOf(whole, whole.length / 3)), 400, "function.invalid", "broken");
        fails(deploysArchive("PK".getBytes(StandardCharsets.UTF_8)), 400, "function.invalid");
        fails(deploysArchive("not an archive".getBytes(StandardCharsets.UTF_8)), 400, "function.invalid");
        fails(
                deploys("bad", Map.of("runtime", "python3", "archive", "!!!no base64!!!")),
                400,
                "request.invalid",
                "archive");
        assertThat(Files.exists(node.data().resolve("evil.py"))).isFalse();
        assertThat(Files.exists(node.data().resolve("code").resolve("evil.py"))).isFalse();
        await().untilAsserted(() -> assertThat(entries("code")).hasSize(1));
    }

    private Reply deploysArchive(byte[] archive) {
        return deploys(
                "bad",
                Map.of("runtime", "python3", "archive", Base64.getEncoder().encodeToString(archive)));
    }

    @Test
    void pathsMethodsAndIdsThatAreNotThere() throws IOException {
        try (RawRequest raw = new RawRequest(node)) {
            raw.send("GET /api/v1/functions/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(raw.answer()).startsWith("HTTP/1.1 4").contains("application/problem+json");
        }
        fails(rest.get("/api/v1/nothing"), 404, "route.not_found", "/openapi.json");
        fails(rest.get("/"), 404, "route.not_found");
        Reply method = fails(rest.delete("/api/v1/doctor"), 405, "request.method_not_allowed");
        assertThat(method.header("allow")).isEqualTo("GET");
        fails(rest.get("/api/v1/functions/a%2Fb"), 404, "function.not_found");
        fails(rest.get("/api/v1/invocations/inv_0"), 400, "request.invalid", "inv_");
        fails(rest.get("/api/v1/tasks/..%2F..%2Fetc"), 400, "request.invalid");
        fails(rest.get("/api/v1/tasks/" + "x".repeat(5000)), 400, "request.invalid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:7070", "localhost.evil.example", "169.254.169.254", ""})
    void hostsThatAreNotThisNode(String host) throws IOException {
        try (RawRequest raw = new RawRequest(node)) {
            String answer = raw.send(
                            "GET /api/v1/functions HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                    .answer();
            assertThat(answer).startsWith("HTTP/1.1 403").contains("request.forbidden");
        }
        fails(
                rest.send("GET", "/health", new byte[0], Map.of("origin", "http://evil.example")),
                403,
                "request.forbidden");
        fails(rest.send("GET", "/health", new byte[0], Map.of("origin", "null")), 403, "request.forbidden");
        Map<String, String> own = Map.of("origin", "http://localhost:3000");
        assertThat(rest.send("GET", "/health", new byte[0], own).status()).isEqualTo(200);
    }

    @Test
    void tokens() throws Exception {
        String token = "0123456789abcdef-token";
        try (ChildNode guarded = ChildNode.at(directory.resolve("guarded"))
                .env("MAYFLY_TOKEN", token)
                .start()) {
            fails(guarded.rest().get("/api/v1/functions"), 401, "request.unauthorized", "MAYFLY_TOKEN");
            fails(guarded.rest().get("/no/such/path"), 401, "request.unauthorized");
            Rest wrong = guarded.rest().withToken(token + "x");
            assertThat(fails(wrong.get("/api/v1/functions"), 401, "request.unauthorized")
                            .header("www-authenticate"))
                    .isEqualTo("Bearer");
            fails(
                    guarded.rest().send("GET", "/api/v1/doctor", new byte[0], Map.of("authorization", "Basic eA==")),
                    401,
                    "request.unauthorized");
            assertThat(guarded.rest().get("/health").status()).isEqualTo(200);
            assertThat(guarded.rest().get("/openapi.json").status()).isEqualTo(200);
            Rest right = guarded.rest().withToken(token);
            assertThat(right.get("/api/v1/functions").status()).isEqualTo(200);
            assertThat(right.send("GET", "/health", new byte[0], Map.of("host", "node.example"))
                            .status())
                    .as("with a token any name will do")
                    .isEqualTo(200);
            assertThat(guarded.log()).doesNotContain(token);
        }
    }

    /** Whoever leaves in the middle is not waited for, and what ran for them is over soon. */
    @Test
    void clientsThatVanish() throws IOException {
        rest.deployed("slow", "import time\ndef handler(event):\n    time.sleep(1)\n    return 'late'\n", Map.of());
        int before = connections();
        List<RawRequest> clients = new ArrayList<>();
        String head = "POST /api/v1/functions/slow/invoke HTTP/1.1\r\nHost: localhost\r\ncontent-type: " + JSON
                + "\r\ncontent-length: ";
        for (int i = 0; i < 4; i++) {
            clients.add(new RawRequest(node).send(head + "2\r\n\r\n{}"));
            clients.add(new RawRequest(node).send(head + "2000\r\n\r\n{"));
            clients.add(new RawRequest(node).send("POST /api/v1/func"));
            clients.add(new RawRequest(node));
        }
        String id = rest.started(Map.of(), "sh", "-c", "while :; do echo more; sleep 0.01; done");
        RawRequest follower = new RawRequest(node)
                .send("GET /api/v1/tasks/" + id + "/logs?follow=true HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await().until(() -> busy("slow") > 0);
        for (int i = 0; i < clients.size(); i++) {
            clients.get(i).leave(i % 2 == 0);
        }
        follower.leave(true);
        await().untilAsserted(() -> {
            assertThat(busy("slow")).isZero();
            assertThat(connections()).isLessThanOrEqualTo(before + 1);
        });
        assertThat(rest.invoke("slow", 1).text()).isEqualTo("\"late\"");
        rest.post("/api/v1/tasks/" + id + "/kill", Map.of("signal", "KILL"));
        assertThat(rest.taskEnded(id).field("status")).isEqualTo("killed");
        rest.remove("slow");
    }

    private int busy(String function) {
        return rest.get("/api/v1/functions/" + function)
                .json()
                .path("machines")
                .path("busy")
                .asInt();
    }

    private int connections() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(node.pid()), "fd"))) {
            return (int) files.filter(RequestFaultsTest::isSocket).count();
        }
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException e) {
            return false;
        }
    }

    private List<String> entries(String name) throws IOException {
        try (Stream<Path> entries = Files.list(node.data().resolve(name))) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }

    /** Many at once, good and bad mixed: every answer is the right one. */
    @Test
    void manyAtOnce() {
        List<CompletableFuture<Reply>> good = new ArrayList<>();
        List<CompletableFuture<Reply>> bad = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            good.add(rest.invokeLater("echo", i));
            bad.add(rest.sendLater("GET", "/api/v1/functions/none-" + i, new byte[0], Map.of()));
        }
        for (int i = 0; i < good.size(); i++) {
            assertThat(good.get(i).join().text()).isEqualTo(Integer.toString(i));
            assertThat(bad.get(i).join().status()).isEqualTo(404);
        }
    }
}
