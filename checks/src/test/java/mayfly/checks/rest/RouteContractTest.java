package mayfly.checks.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mayfly.api.Route;
import mayfly.machine.kvm.KvmDriver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every route answers as openapi.json says, for success and for its typical failures. The client checks status, content
 * type, schema and error code of each answer; what is asserted here is that the right one of them came.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RouteContractTest {
    private static final String NO_ID = "00000000000000000000000000";
    private static final String ECHO = "def handler(event):\n    print('seen')\n    return event\n";
    private static final String RAISE = "def handler(event):\n    raise ValueError('no ' + str(event))\n";

    @TempDir
    static Path directory;

    private final List<Reply> replies = new ArrayList<>();
    private ChildNode node;
    private Rest rest;

    @BeforeAll
    void start() throws Exception {
        node = ChildNode.at(directory.resolve("data")).start().requireSandboxes();
        node.rest().deployed("echo", ECHO, Map.of("tags", List.of("a:b"), "env", Map.of("K", "v")));
        node.rest().deployed("raise", RAISE, Map.of());
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void theDocumentServedIsTheOneInTheSources() {
        assertThat(node.rest().get("/openapi.json").text()).isEqualTo(Contract.DOCUMENT);
    }

    /** The switch has no default: a new route does not compile before it is tested. */
    @ParameterizedTest
    @EnumSource
    void answersAsDocumented(Route route) {
        replies.clear();
        rest = node.rest().observedBy((called, reply) -> {
            if (called == route) {
                replies.add(reply);
            }
        });
        switch (route) {
            case HEALTH -> assertThat(rest.get("/health").field("status")).isEqualTo("ok");
            case OPENAPI ->
                assertThat(rest.get("/openapi.json").field("openapi")).isEqualTo("3.1.0");
            case DOCTOR -> assertThat(rest.get("/api/v1/doctor").field("user")).isNotEmpty();
            case FUNCTION_CREATE -> functionCreate();
            case FUNCTION_LIST -> functionList();
            case FUNCTION_GET -> functionGet();
            case FUNCTION_UPDATE -> functionUpdate();
            case FUNCTION_DELETE -> functionDelete();
            case FUNCTION_INVOKE -> functionInvoke();
            case FUNCTION_ASYNC -> functionAsync();
            case INVOCATION_LIST -> invocationList();
            case INVOCATION_GET -> invocationGet();
            case MACHINE_LIST -> {
                rest.invoke("echo", 1);
                assertThat(rest.get("/api/v1/machines").json().has("items")).isTrue();
            }
            case TASK_CREATE -> taskCreate();
            case TASK_LIST -> taskList();
            case TASK_GET -> taskGet();
            case TASK_LOGS -> taskLogs();
            case TASK_KILL -> taskKill();
            case TASK_DELETE -> taskDelete();
            case SERVICE_CREATE -> new ServiceRoutes(rest).create();
            case SERVICE_LIST -> new ServiceRoutes(rest).list();
            case SERVICE_GET -> new ServiceRoutes(rest).get();
            case SERVICE_REPLACE -> new ServiceRoutes(rest).replace();
            case SERVICE_DECLARE -> new ServiceRoutes(rest).declare();
            case SERVICE_DELETE -> new ServiceRoutes(rest).delete();
            case SERVICE_LOGS -> new ServiceRoutes(rest).logs();
            case SERVICE_SCALE -> new ServiceRoutes(rest).scale();
            case SERVICE_DRAIN -> new ServiceRoutes(rest).drain();
        }
        String example = route.path("echo");
        fails(rest.send(route.method().name(), example + "?no_such=1", new byte[0], Map.of()), 400, "request.invalid");
        fails(
                rest.send(route.method().name(), example, new byte[0], Map.of("origin", "https://elsewhere.example")),
                403,
                "request.forbidden");
        assertThat(replies).as("answers of %s", route).anyMatch(it -> it.status() < 400);
        assertThat(replies).as("answers of %s", route).anyMatch(it -> it.status() >= 400);
    }

    private void functionCreate() {
        Reply created = rest.deployed(
                "created",
                ECHO,
                Map.of("env", Map.of("SECRET", "hidden"), "memory_mb", 64, "min_warm", 0, "reuse", "warm"));
        assertThat(created.field("status")).isEqualTo("active");
        assertThat(created.text()).contains("SECRET").doesNotContain("hidden");
        fails(rest.deploy("created", ECHO, Map.of()), 409, "function.exists");
        fails(rest.deploy("Not Valid", ECHO, Map.of()), 400, "function.invalid");
        fails(rest.deploy("other", ECHO, Map.of("runtime", "python4")), 400, "runtime.unknown");
        fails(rest.deploy("other", ECHO, Map.of("runtime", "go", "handler", "stdio")), 400, "runtime.unknown");
        if (!KvmDriver.examine(Map.of()).usable()) { // a host that makes virtual machines has nothing it cannot give
            fails(rest.deploy("other", ECHO, Map.of("isolation", "kvm")), 422, "isolation.unavailable");
        }
        fails(rest.deploy("other", "def handler(:\n", Map.of()), 422, "function.init_failed");
        rest.remove("created");
    }

    private void functionList() {
        assertThat(names(rest.get("/api/v1/functions"))).contains("echo", "raise");
        assertThat(names(rest.get("/api/v1/functions?tag=a:b&runtime=python3&prefix=ec")))
                .containsExactly("echo");
        Reply first = rest.get("/api/v1/functions?limit=1");
        assertThat(names(first)).containsExactly("echo");
        assertThat(names(rest.get("/api/v1/functions?limit=1&cursor=" + first.field("next"))))
                .containsExactly("raise");
        fails(rest.get("/api/v1/functions?limit=0"), 400, "request.invalid");
    }

    private void functionGet() {
        assertThat(rest.get("/api/v1/functions/echo")
                        .json()
                        .path("env_keys")
                        .path(0)
                        .asString())
                .isEqualTo("K");
        fails(rest.get("/api/v1/functions/nobody"), 404, "function.not_found");
    }

    private void functionUpdate() {
        rest.deployed("updated", ECHO, Map.of());
        Reply second = rest.put("/api/v1/functions/updated", Map.of("runtime", "python3", "code", RAISE));
        assertThat(second.json().path("version").asInt()).isEqualTo(2);
        fails(
                rest.put("/api/v1/functions/nobody", Map.of("runtime", "python3", "code", ECHO)),
                404,
                "function.not_found");
        fails(rest.put("/api/v1/functions/updated", Rest.function("else", ECHO, Map.of())), 400, "function.invalid");
        rest.remove("updated");
    }

    private void functionDelete() {
        rest.deployed("deleted", ECHO, Map.of());
        rest.remove("deleted");
        fails(rest.delete("/api/v1/functions/deleted"), 404, "function.not_found");
    }

    private void functionInvoke() {
        Reply answer = rest.invoke("echo", Map.of("a", List.of(1, "ü")));
        assertThat(answer.text()).isEqualTo("{\"a\":[1,\"ü\"]}");
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.header("mayfly-invocation")).startsWith("inv_");
        assertThat(answer.header("mayfly-machine")).startsWith("mac_");
        assertThat(answer.header("mayfly-start")).isIn("cold", "forked", "warm");
        byte[] bytes = {0, (byte) 0xff, 7};
        Reply raw = rest.send(
                "POST", "/api/v1/functions/echo/invoke", bytes, Map.of("content-type", "application/octet-stream"));
        assertThat(raw.body()).isEqualTo(bytes);
        assertThat(raw.header("content-type")).isEqualTo("application/octet-stream");
        fails(rest.invoke("nobody", 1), 404, "function.not_found");
        Reply raised = rest.invoke("raise", "way");
        fails(raised, 500, "function.error");
        assertThat(raised.json().path("function_error").path("type").asString()).isEqualTo("ValueError");
        assertThat(raised.json().path("function_error").path("message").asString())
                .isEqualTo("no way");
        assertThat(raised.json().path("function_error").path("line").asInt()).isEqualTo(2);
    }

    private void functionAsync() {
        assertThat(rest.async("echo", 1)).startsWith("inv_");
        fails(rest.post("/api/v1/functions/nobody/async", 1), 404, "function.not_found");
    }

    private void invocationList() {
        String one = rest.async("echo", 1);
        String two = rest.async("echo", 2);
        rest.ended(one);
        rest.ended(two);
        Reply page = rest.get("/api/v1/invocations?function=echo&status=success&limit=1");
        assertThat(page.json().path("items").path(0).path("id").asString()).isNotEqualTo(one);
        assertThat(page.field("next")).startsWith("inv_");
        assertThat(rest.get("/api/v1/invocations?limit=1000").text()).contains(one, two);
        fails(rest.get("/api/v1/invocations?status=happy"), 400, "request.invalid");
        fails(rest.get("/api/v1/invocations?cursor=task_" + NO_ID), 400, "request.invalid");
    }

    private void invocationGet() {
        Reply success = rest.ended(rest.async("echo", Map.of("k", 1)));
        assertThat(success.field("status")).isEqualTo("success");
        assertThat(success.json().path("result").path("k").asInt()).isEqualTo(1);
        assertThat(success.field("logs")).isEqualTo("seen\n");
        Reply error = rest.ended(rest.async("raise", 1));
        assertThat(error.field("status")).isEqualTo("error");
        assertThat(error.json().path("error").path("type").asString()).isEqualTo("ValueError");
        fails(rest.get("/api/v1/invocations/inv_" + NO_ID), 404, "invocation.not_found");
        fails(rest.get("/api/v1/invocations/inv_short"), 400, "request.invalid");
        fails(rest.get("/api/v1/invocations/inv_" + NO_ID + "?wait_ms=60001"), 400, "request.invalid");
    }

    private void taskCreate() {
        Reply created = rest.task(
                Map.of("name", "made", "env", Map.of("A", "b"), "memory_mb", 64, "timeout_ms", 60_000),
                "sh",
                "-c",
                "echo $A");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.field("status")).isIn("pending", "running", "succeeded"); // as slow as the host is
        Reply ended = rest.taskEnded(created.field("id"));
        assertThat(ended.field("status")).as("%s", ended).isEqualTo("succeeded");
        fails(rest.task(Map.of(), ""), 400, "task.invalid");
        fails(rest.task(Map.of("cwd", "relative"), "true"), 400, "task.invalid");
        fails(rest.task(Map.of("isolation", "kvm"), "true"), 422, "isolation.unavailable");
    }

    private void taskList() {
        String one = rest.started(Map.of("name", "listed"), "true");
        String two = rest.started(Map.of("name", "listed"), "true");
        rest.taskEnded(one);
        rest.taskEnded(two);
        Reply page = rest.get("/api/v1/tasks?name=listed&status=succeeded&limit=1");
        assertThat(page.json().path("items").path(0).path("id").asString()).isEqualTo(two);
        Reply next = rest.get("/api/v1/tasks?name=listed&limit=1&cursor=" + page.field("next"));
        assertThat(next.json().path("items").path(0).path("id").asString()).isEqualTo(one);
        fails(rest.get("/api/v1/tasks?status=happy"), 400, "request.invalid");
    }

    private void taskGet() {
        String id = rest.started(Map.of(), "sh", "-c", "exit 7");
        Reply ended = rest.taskEnded(id);
        assertThat(ended.field("status")).isEqualTo("failed");
        assertThat(ended.json().path("exit_code").asInt()).isEqualTo(7);
        fails(rest.get("/api/v1/tasks/task_" + NO_ID), 404, "task.not_found");
        fails(rest.get("/api/v1/tasks/inv_" + NO_ID), 400, "request.invalid");
    }

    private void taskLogs() {
        String id = rest.started(Map.of(), "sh", "-c", "echo out; echo err >&2");
        rest.taskEnded(id);
        assertThat(rest.get("/api/v1/tasks/" + id + "/logs").text()).isEqualTo("out\n");
        assertThat(rest.get("/api/v1/tasks/" + id + "/logs?stream=stderr&follow=true")
                        .text())
                .isEqualTo("err\n");
        assertThat(rest.get("/api/v1/tasks/" + id + "/logs?offset=2").text()).isEqualTo("t\n");
        assertThat(rest.get("/api/v1/tasks/" + id + "/logs?offset=2000").text()).isEmpty();
        fails(rest.get("/api/v1/tasks/" + id + "/logs?stream=stdlog"), 400, "request.invalid");
        fails(rest.get("/api/v1/tasks/task_" + NO_ID + "/logs"), 404, "task.not_found");
    }

    private void taskKill() {
        String id = rest.started(Map.of(), "sleep", "1000");
        fails(rest.post("/api/v1/tasks/" + id + "/kill", Map.of("signal", "SIGNOTHING")), 400, "request.invalid");
        assertThat(rest.post("/api/v1/tasks/" + id + "/kill", Map.of("signal", "KILL"))
                        .status())
                .isEqualTo(200);
        Reply ended = rest.taskEnded(id);
        assertThat(ended.field("status")).isEqualTo("killed");
        assertThat(ended.field("signal")).isEqualTo("SIGKILL");
        fails(rest.post("/api/v1/tasks/" + id + "/kill", Map.of()), 409, "task.ended");
        fails(rest.post("/api/v1/tasks/task_" + NO_ID + "/kill", Map.of()), 404, "task.not_found");
    }

    private void taskDelete() {
        String id = rest.started(Map.of(), "sleep", "1000");
        fails(rest.delete("/api/v1/tasks/" + id), 409, "task.running");
        rest.post("/api/v1/tasks/" + id + "/kill", Map.of("signal", "9"));
        rest.taskEnded(id);
        assertThat(rest.delete("/api/v1/tasks/" + id).status()).isEqualTo(204);
        fails(rest.delete("/api/v1/tasks/" + id), 404, "task.not_found");
    }

    static void fails(Reply reply, int status, String code) {
        assertThat(reply.status()).as("%s", reply).isEqualTo(status);
        assertThat(reply.code()).isEqualTo(code);
    }

    static List<String> names(Reply page) {
        List<String> names = new ArrayList<>();
        page.json().path("items").forEach(item -> names.add(item.path("name").asString()));
        return names;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
