package mayfly.cli;

import static mayfly.cli.FakeNode.chunks;
import static mayfly.cli.FakeNode.json;
import static mayfly.cli.FakeNode.problem;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipInputStream;
import mayfly.api.DoctorReport;
import mayfly.api.FunctionRequest;
import mayfly.api.Json;
import mayfly.api.TaskRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands against a node that answers as it is told. */
class CliTest extends CliCase {
    private static final String FUNCTION = """
            {"id":"fn_1","name":"hello","version":3,"runtime":"python3","handler":"main.handler","status":"active",
             "env_keys":["A"],"memory_mb":128,"timeout_ms":30000,"isolation":"any","reuse":"fresh","record":"grouped",
             "concurrency":8,"min_warm":0,"max_machines":8,"tags":[],"artifact":"00","from_the_future":true,
             "machines":{"busy":1,"warm":2,"starting":0,"waiting":0},
             "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}""";

    @Test
    void deployMakesANewVersionOrElseAFunction() throws Exception {
        Path file = Files.writeString(dir.resolve("hello.py"), "def handler(event):\n    return 1\n");
        node.on("PUT /api/v1/functions/hello", problem(404, "function.not_found", "no hello"))
                .on("POST /api/v1/functions", json(201, FUNCTION));
        assertThat(run("deploy", file.toString(), "-e", "A=1", "--memory=64", "--timeout", "1.5", "--tag", "x"))
                .isZero();
        assertThat(out())
                .isEqualTo("deployed hello version 3 (python3 main.handler, 128 MB, 30000 ms, fresh, " + size()
                        + " bytes of code)\n");
        FunctionRequest request = Json.read(node.asked.get(1).body(), FunctionRequest.class);
        assertThat(request.name()).contains("hello");
        assertThat(request.runtime()).isEqualTo("python3");
        assertThat(request.handler()).contains("hello.handler");
        assertThat(request.env()).containsExactly(Map.entry("A", "1"));
        assertThat(request.memoryMb()).contains(64);
        assertThat(request.timeoutMs()).contains(1500L);
        assertThat(request.tags()).containsExactly("x");
        try (ZipInputStream zip =
                new ZipInputStream(new ByteArrayInputStream(request.archive().orElseThrow()))) {
            assertThat(zip.getNextEntry().getName()).isEqualTo("hello.py");
        }
    }

    private int size() throws Exception {
        return Json.read(node.asked.get(1).body(), FunctionRequest.class)
                .archive()
                .orElseThrow()
                .length;
    }

    @Test
    void deployReadsTheProjectFileAndOptionsWin() throws Exception {
        Files.writeString(dir.resolve("app.py"), "def handle(event):\n    return 1\n");
        Files.writeString(
                dir.resolve("mayfly.toml"),
                "name = 'greet'\nreuse = 'warm'\nmemory_mb = 32\ntags = ['a']\n[env]\nA = '1'\nB = '2'\n");
        node.on("PUT /api/v1/functions/greet", json(200, FUNCTION));
        assertThat(run("deploy", dir.toString(), "--memory", "64", "--env", "B=3"))
                .isZero();
        FunctionRequest request = Json.read(node.asked.getFirst().body(), FunctionRequest.class);
        assertThat(request.handler()).contains("app.handle");
        assertThat(request.memoryMb()).contains(64);
        assertThat(request.env()).containsExactly(Map.entry("A", "1"), Map.entry("B", "3"));
        assertThat(request.tags()).containsExactly("a");
    }

    @Test
    void deployNamesWhatIsWrongInTheProjectFile() throws Exception {
        Files.writeString(dir.resolve("app.py"), "def handle(event):\n    return 1\n");
        Files.writeString(dir.resolve("mayfly.toml"), "memory = 3\nreuse = 'hot'\n");
        assertThat(run("deploy", "x", dir.toString())).isEqualTo(Exit.USAGE);
        assertThat(err())
                .contains("memory: unknown field; did you mean memory_mb?", "reuse: must be one of fresh, warm");
        assertThat(node.asked).isEmpty();
    }

    @Test
    void deploySaysWhatItCannotTell() throws Exception {
        Path python = Files.writeString(dir.resolve("x.py"), "def other(): pass\n");
        assertThat(run("deploy", python.toString())).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("--handler MODULE.FUNCTION");
        Path text = Files.writeString(dir.resolve("x.txt"), "hello\n");
        assertThat(run("deploy", text.toString())).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("--runtime");
        assertThat(run("deploy", dir.resolve("nothing").toString())).isEqualTo(Exit.USAGE);
    }

    @Test
    void invokePrintsJsonForPeopleAndBytesAsTheyAre() throws Exception {
        node.on("POST /api/v1/functions/hello/invoke", json(200, "{\"a\":[1,2]}"));
        assertThat(run("invoke", "hello", "{\"x\": 1}")).isZero();
        assertThat(out()).isEqualTo("{\n  \"a\" : [\n    1,\n    2\n  ]\n}\n");
        assertThat(node.asked.getFirst().text()).isEqualTo("{\"x\": 1}");
        assertThat(node.asked.getFirst().headers()).containsEntry("content-type", "application/json");

        input = "some bytes";
        node.on("POST /api/v1/functions/hello/invoke", chunks("by", "tes"));
        assertThat(run("invoke", "hello", "-")).isZero();
        assertThat(out()).isEqualTo("bytes");
        assertThat(node.asked.getLast().text()).isEqualTo("some bytes");
        assertThat(node.asked.getLast().headers()).containsEntry("content-type", "application/octet-stream");
    }

    @Test
    void invokeShowsWhatTheHandlerRaised() {
        node.on("POST /api/v1/functions/hello/invoke", json(500, """
                        {"type":"t","title":"T","status":500,"detail":"function 'hello' raised ValueError: bad",
                         "code":"function.error","function_error":{"type":"ValueError","message":"bad",
                         "stack":"Traceback\\n  line 1\\n"}}"""));
        assertThat(run("invoke", "hello")).isEqualTo(Exit.FAILED);
        assertThat(err())
                .isEqualTo("mayfly: function 'hello' raised ValueError: bad (function.error)\nTraceback\n  line 1\n");
        assertThat(run("invoke", "hello", "{\"x\": ")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("looks like JSON but is not valid JSON");
    }

    @Test
    void invokeAsyncPrintsTheId() {
        node.on("POST /api/v1/functions/hello/async", json(202, "{\"invocation_id\":\"inv_1\"}"));
        assertThat(run("invoke", "hello", "--async")).isZero();
        assertThat(out()).isEqualTo("inv_1\n");
    }

    @Test
    void listsAreTablesOrJson() {
        node.on("GET /api/v1/functions", json(200, "{\"items\":[" + FUNCTION + "],\"next\":\"hello\"}"));
        int code = run("ls", "functions", "--prefix", "h&l", "--limit", "1");
        assertThat(code).isZero();
        assertThat(out()).isEqualTo("""
                        NAME   VERSION  RUNTIME  HANDLER       REUSE  MEMORY  BUSY  WARM  UPDATED
                        hello  3        python3  main.handler  fresh  128 MB  1     2     5s
                        """);
        assertThat(err()).isEqualTo("there are more: --cursor hello\n");
        assertThat(node.asked.getFirst().line()).contains("limit=1", "prefix=h%26l");
        assertThat(run("ls", "--json")).isZero();
        assertThat(out()).contains("\"from_the_future\" : true");
    }

    @Test
    void listsTellWhatTheyCannotDo() {
        assertThat(run("ls", "task", "--tag", "x")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("a list of task has no --tag");
        assertThat(run("ls", "funtcions")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("did you mean functions?");
    }

    @Test
    void runPrintsTheOutputAndExitsAsTheCommandDid() throws Exception {
        node.on("POST /api/v1/tasks", json(201, task("running", "")))
                .on(
                        "GET /api/v1/tasks/task_1/logs",
                        exchange -> (exchange.query().contains("stderr") ? chunks("oh\n") : chunks("a", "b\n"))
                                .to(exchange))
                .on("GET /api/v1/tasks/task_1", json(200, task("failed", ",\"exit_code\":7")));
        assertThat(run("run", "--name", "n", "-e", "A=b=c", "--", "sh", "-c", "exit 7", "--json"))
                .isEqualTo(7);
        assertThat(out()).isEqualTo("ab\n");
        assertThat(err()).isEqualTo("oh\n");
        TaskRequest request = Json.read(node.asked.getFirst().body(), TaskRequest.class);
        assertThat(request.command()).containsExactly("sh", "-c", "exit 7", "--json");
        assertThat(request.env()).containsExactly(Map.entry("A", "b=c"));
    }

    @Test
    void runGoesOnWhenTheNodeBreaksOff() {
        AtomicInteger calls = new AtomicInteger();
        node.on("POST /api/v1/tasks", json(201, task("running", "")))
                .on("GET /api/v1/tasks/task_1/logs", exchange -> {
                    if (exchange.query().contains("stderr")) {
                        chunks().to(exchange);
                    } else if (calls.incrementAndGet() == 1) {
                        exchange.head(200, "text/plain", 100); // says more than it sends: the node dies here
                        exchange.write("first ");
                    } else {
                        chunks("second").to(exchange);
                    }
                })
                .on("GET /api/v1/tasks/task_1", json(200, task("killed", ",\"signal\":\"SIGKILL\"")));
        assertThat(run("run", "cat")).isEqualTo(128 + 9);
        assertThat(out()).isEqualTo("first second");
        assertThat(node.asked).anyMatch(it -> it.line().contains("offset=6"));
    }

    @Test
    void detachedTasksPrintTheirId() {
        node.on("POST /api/v1/tasks", json(201, task("running", "")));
        assertThat(run("run", "-d", "sleep", "100")).isZero();
        assertThat(out()).isEqualTo("task_1\n");
    }

    @Test
    void waitExitsAsTheTaskDid() {
        AtomicInteger calls = new AtomicInteger();
        node.on(
                "GET /api/v1/tasks/task_1",
                exchange -> (calls.incrementAndGet() < 3
                                ? json(200, task("running", ""))
                                : json(200, task("failed", ",\"exit_code\":3")))
                        .to(exchange));
        assertThat(run("wait", "task_1")).isEqualTo(3);
        assertThat(out()).isEqualTo("failed 3\n");
    }

    @Test
    void killChecksTheSignalFirst() {
        node.on("POST /api/v1/tasks/task_1/kill", json(200, task("running", "")));
        assertThat(run("kill", "--signal", "HUP", "task_1")).isZero();
        assertThat(node.asked.getFirst().text()).isEqualTo("{\"signal\":\"HUP\"}");
        assertThat(run("kill", "--signal", "HAP", "task_1")).isEqualTo(Exit.USAGE);
    }

    @Test
    void removeTellsFunctionsFromTasks() {
        node.on("DELETE /api/v1/functions/hello", exchange -> exchange.send(204, "text/plain", ""))
                .on("DELETE /api/v1/tasks/task_1", problem(409, "task.running", "it runs"));
        assertThat(run("rm", "hello")).isZero();
        assertThat(run("rm", "task_1")).isEqualTo(Exit.FAILED);
        assertThat(err()).isEqualTo("mayfly: it runs (task.running)\n");
        assertThat(run("rm", "inv_1")).isEqualTo(Exit.USAGE);
    }

    @Test
    void logsOfTasksAndInvocations() {
        node.on(
                "GET /api/v1/tasks/task_1/logs",
                exchange -> (exchange.query().contains("stderr") ? chunks("E") : chunks("O")).to(exchange));
        assertThat(run("logs", "task_1", "-f")).isZero();
        assertThat(out() + err()).isEqualTo("OE");
        assertThat(run("logs", "task_1", "--stream", "stderr")).isZero();
        assertThat(out() + err()).isEqualTo("E");
        assertThat(run("logs", "hello")).isEqualTo(Exit.USAGE);
        assertThat(run("logs", "task_2")).isEqualTo(Exit.NOT_FOUND);
    }

    @Test
    void getPrintsEveryField() {
        node.on("GET /api/v1/functions/hello", json(200, FUNCTION));
        assertThat(run("get", "hello")).isZero();
        assertThat(out())
                .contains("name             hello\n", "machines         {\"busy\":1,", "from_the_future  true\n");
        assertThat(run("get", "inv_x")).isEqualTo(Exit.NOT_FOUND);
    }

    @Test
    void manyProblemsAreListed() {
        node.on("POST /api/v1/tasks", json(400, """
                        {"type":"t","title":"The task is not valid","status":400,"detail":"both","code":"task.invalid",
                         "errors":[{"field":"a","message":"x"},{"field":"b","message":"y"}]}"""));
        assertThat(run("run", "true")).isEqualTo(Exit.FAILED);
        assertThat(err()).isEqualTo("mayfly: The task is not valid (task.invalid):\n  a: x\n  b: y\n");
    }

    @Test
    void theTokenIsSent() {
        environment.put("MAYFLY_TOKEN", "secret");
        run("health");
        assertThat(node.asked.getFirst().headers()).containsEntry("authorization", "Bearer secret");
        environment.put("MAYFLY_TOKEN", "a\r\nHost: evil");
        assertThat(run("health")).isEqualTo(Exit.USAGE);
    }

    @Test
    void aMissingNodeIsSaidSo() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put("MAYFLY_URL", "http://127.0.0.1:" + free.getLocalPort());
        }
        assertThat(run("health")).isEqualTo(Exit.UNREACHABLE);
        assertThat(err()).contains("no node answers at", "mayfly up", "MAYFLY_URL");
        assertThat(run("doctor")).isEqualTo(Exit.UNREACHABLE);
        doctor = Optional.of(() -> new DoctorReport(
                "1",
                "25",
                "Linux 6",
                "x86_64",
                2,
                4096,
                "ada",
                List.of(new DoctorReport.Driver(
                        "process",
                        true,
                        "reduced",
                        List.of(new DoctorReport.Feature("landlock", false, "kernel too old", "upgrade it"))))));
        assertThat(run("doctor")).isZero();
        assertThat(out()).contains("no node runs", "process: reduced", "no  landlock", "for landlock: upgrade it");
    }

    @Test
    void answersThatAreNotFromANodeAreSaidSo() throws Exception {
        node.on("GET /health", json(200, "<html>"));
        assertThat(run("health")).isEqualTo(Exit.FAILED);
        assertThat(err()).contains("the node's answer was not understood");
        node.on("GET /health", exchange -> exchange.send(502, "text/html", "<html>"));
        assertThat(run("health")).isEqualTo(Exit.FAILED);
        assertThat(err()).contains("status 502");
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put("MAYFLY_URL", "http://127.0.0.1:" + other.getLocalPort());
            Thread.ofPlatform().daemon().start(() -> {
                try (var socket = other.accept()) {
                    socket.getOutputStream().write("220 mail ready\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThat(run("health")).isEqualTo(Exit.UNREACHABLE);
            assertThat(err()).contains("not an HTTP answer");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://x", "http://", "http://h/path", "::", "localhost:7070"})
    void otherUrlsAreRefused(String url) {
        assertThat(run("health", "--url", url)).isEqualTo(Exit.USAGE);
    }

    @Test
    void unknownCommandsAndOptionsNameTheNearest() {
        assertThat(run("delpoy")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("did you mean deploy?");
        assertThat(run("run", "--detatch", "x")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("did you mean --detach?");
        assertThat(run("wait")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("usage: mayfly wait ID");
    }

    @Test
    void everyCommandHasHelp() {
        assertThat(run("help")).isZero();
        String overview = out();
        Cli.specs().forEach(spec -> {
            assertThat(overview).contains("mayfly " + spec.name());
            assertThat(run("help", spec.name())).isZero();
            assertThat(out()).startsWith("mayfly " + spec.name()).contains(spec.summary());
        });
        assertThat(run("deploy", "--help")).isZero();
        assertThat(out()).contains("--min-warm N", "may be repeated");
        assertThat(overview.lines()).allMatch(line -> line.length() <= 120);
    }

    @Test
    void theRehearsalRuns() {
        assertThat(Rehearsal.run()).isZero();
    }

    private static String task(String status, String more) {
        return """
                {"id":"task_1","name":"","command":["x"],"env_keys":[],"isolation":"none","status":"%s","reason":"",
                 "created_at":"2026-01-01T00:00:00Z"%s}""".formatted(status, more);
    }
}
