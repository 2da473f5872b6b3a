package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The life of a function over REST, under load and in idleness: no call is lost, and nothing stays that is not needed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FunctionLifeTest {
    private static final String ECHO = "def handler(event):\n    return event\n";
    private static final String SLEEP = "import time\ndef handler(event):\n    time.sleep(event)\n    return event\n";

    @TempDir
    static Path directory;

    private ChildNode node;
    private Rest rest;
    private Traces before;

    @BeforeAll
    void start() throws Exception {
        node = ChildNode.at(directory.resolve("data"))
                .setting("pool.idle_seconds", 1)
                .setting("pool.health_seconds", 1)
                .start()
                .requireSandboxes();
        rest = node.rest();
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @BeforeEach
    void look() {
        before = Traces.of(node);
    }

    @AfterEach
    void nothingIsLeft() {
        for (JsonNode function : rest.get("/api/v1/functions").json().path("items")) {
            rest.remove(function.path("name").asString());
        }
        before.awaitAgain(node);
    }

    private static String version(int number) {
        return "import time\ndef handler(event):\n    time.sleep(0.002)\n    return " + number + "\n";
    }

    @Test
    void updatesUnderLoadFailNoCall() {
        rest.deployed("f", version(1), Map.of("memory_mb", 64, "max_machines", 4));
        ConcurrentLinkedQueue<Reply> replies = new ConcurrentLinkedQueue<>();
        try (Load _ = Load.of(4, _ -> replies.add(rest.invoke("f", 0)))) {
            for (int next = 2; next <= 5; next++) {
                int enough = replies.size() + 20;
                await().until(() -> replies.size() > enough);
                Map<String, ?> request = Rest.function("f", version(next), Map.of("memory_mb", 64, "max_machines", 4));
                assertThat(rest.put("/api/v1/functions/f", request)
                                .json()
                                .path("version")
                                .asInt())
                        .isEqualTo(next);
            }
        }
        assertThat(replies).allMatch(reply -> reply.status() == 200);
        assertThat(replies).allMatch(reply -> reply.text().equals(reply.header("mayfly-version")));
        assertThat(rest.invoke("f", 0).text()).isEqualTo("5");
    }

    @Test
    void aCallThatRunsEndsOnItsVersion() {
        rest.deployed("f", SLEEP, Map.of());
        CompletableFuture<Reply> old = rest.invokeLater("f", 1);
        await().until(() -> busy("f") == 1);
        rest.put("/api/v1/functions/f", Rest.function("f", version(2), Map.of()));
        assertThat(rest.invoke("f", 0).text()).isEqualTo("2");
        assertThat(old.join().text()).isEqualTo("1");
        assertThat(old.join().header("mayfly-version")).isEqualTo("1");
    }

    @Test
    void deletionUnderLoadIsNotFoundAndNothingElse() {
        rest.deployed("f", version(1), Map.of("memory_mb", 64, "max_machines", 2));
        ConcurrentLinkedQueue<Reply> replies = new ConcurrentLinkedQueue<>();
        try (Load _ = Load.of(6, _ -> replies.add(rest.invoke("f", 0)))) {
            await().until(() -> replies.size() > 30);
            rest.remove("f");
            int enough = replies.size() + 30;
            await().until(() -> replies.size() > enough);
        }
        assertThat(replies)
                .allSatisfy(reply -> assertThat(reply.status()).as("%s", reply).isIn(200, 404));
        assertThat(rest.invoke("f", 0).code()).isEqualTo("function.not_found");
        rest.deployed("f", version(2), Map.of());
        assertThat(rest.invoke("f", 0).text()).isEqualTo("2");
    }

    @Test
    void idleFunctionsScaleToZeroAndComeBack() throws IOException {
        rest.deployed("f", ECHO, Map.of("reuse", "warm"));
        assertThat(rest.invoke("f", 1).status()).isEqualTo(200);
        assertThat(Traces.of(node).supervised()).isNotEqualTo(before.supervised());
        await().untilAsserted(() -> {
            assertThat(Traces.of(node).supervised()).isEqualTo(before.supervised());
            assertThat(Traces.processes(node)).isEqualTo(before.processes());
        });
        assertThat(rest.get("/api/v1/machines").json().path("items").size()).isZero();
        Reply again = rest.invoke("f", 2);
        assertThat(again.text()).isEqualTo("2");
        assertThat(again.header("mayfly-start")).isEqualTo("cold");
    }

    @Test
    void minWarmIsKeptWhileIdle() {
        rest.deployed("f", ECHO, Map.of("min_warm", 2, "max_machines", 4, "memory_mb", 64));
        await().untilAsserted(() -> assertThat(warm("f")).isEqualTo(2));
        List<CompletableFuture<Reply>> calls = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            calls.add(rest.invokeLater("f", i));
        }
        calls.forEach(call -> assertThat(call.join().status()).isEqualTo(200));
        await().untilAsserted(() -> assertThat(warm("f")).isEqualTo(2));
        assertThat(rest.invoke("f", 1).header("mayfly-start")).isEqualTo("forked");
    }

    @Test
    void aFreshMachineIsFreshAndAWarmOneIsWarm() {
        String count = "n = 0\ndef handler(event):\n    global n\n    n += 1\n    return n\n";
        rest.deployed("fresh", count, Map.of());
        rest.deployed("warm", count, Map.of("reuse", "warm", "max_machines", 1));
        for (int i = 1; i <= 3; i++) {
            assertThat(rest.invoke("fresh", 0).text()).isEqualTo("1");
            assertThat(rest.invoke("warm", 0).text()).isEqualTo(Integer.toString(i));
        }
    }

    @Test
    void callsOverTheConcurrencyLimitAreThrottled() {
        rest.deployed("f", SLEEP, Map.of("concurrency", 2, "max_machines", 2));
        List<CompletableFuture<Reply>> calls = new ArrayList<>();
        calls.add(rest.invokeLater("f", 1.5));
        calls.add(rest.invokeLater("f", 1.5));
        await().until(() -> busy("f") == 2);
        Reply throttled = rest.invoke("f", 0);
        assertThat(throttled.status()).isEqualTo(429);
        assertThat(throttled.code()).isEqualTo("function.throttled");
        assertThat(throttled.header("retry-after")).isEqualTo("1");
        calls.forEach(call -> assertThat(call.join().text()).isEqualTo("1.5"));
        assertThat(rest.invoke("f", 0).text()).isEqualTo("0");
    }

    @Test
    void callsOverTheMachinesWaitTheirTurn() {
        rest.deployed("f", SLEEP, Map.of("max_machines", 1, "concurrency", 20));
        List<CompletableFuture<Reply>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            calls.add(rest.invokeLater("f", 0.05));
        }
        Set<String> machines = new HashSet<>();
        calls.forEach(call -> {
            assertThat(call.join().status()).isEqualTo(200);
            machines.add(call.join().header("mayfly-machine"));
        });
        assertThat(machines).hasSize(8);
    }

    @Test
    void environmentAndLogsAreTheCallsOwn() {
        String code = """
                import os, sys
                def handler(event):
                    if event == 'env':
                        return {k: v for k, v in os.environ.items()}
                    print('out ' + str(event))
                    print('err ' + str(event), file=sys.stderr)
                    if event == 'much':
                        for i in range(20000):
                            print('x' * 99)
                """;
        rest.deployed("f", code, Map.of("env", Map.of("GREETING", "hällo\n\"x\"")));
        JsonNode environment = rest.invoke("f", "env").json();
        assertThat(environment.path("GREETING").asString()).isEqualTo("hällo\n\"x\"");
        assertThat(environment.has("MAYFLY_TOKEN") || environment.has("JAVA_HOME"))
                .isFalse();
        assertThat(logs(rest.invoke("f", 1))).isEqualTo("out 1\nerr 1\n");
        String much = logs(rest.invoke("f", "much"));
        assertThat(much.length()).isBetween(200 << 10, 256 << 10);
        assertThat(much).contains("dropped");
        assertThat(logs(rest.invoke("f", 2))).isEqualTo("out 2\nerr 2\n");
    }

    private String logs(Reply call) {
        return rest.ended(call.header("mayfly-invocation")).field("logs");
    }

    @Test
    void aCallThatWantsMoreMemoryThanItsMachineIsToldTheLimit() {
        String code = "def handler(event):\n    return len(bytearray(event << 20))\n";
        rest.deployed("f", code, Map.of("memory_mb", 64));
        assertThat(rest.invoke("f", 8).text()).isEqualTo(Integer.toString(8 << 20));
        Reply tooMuch = rest.invoke("f", 200);
        assertThat(tooMuch.code()).as("%s", tooMuch).isIn("function.error", "function.crashed");
        assertThat(tooMuch.detail()).containsAnyOf("MemoryError", "memory limit");
        assertThat(rest.invoke("f", 8).status()).isEqualTo(200);
    }

    @Test
    void recordsOfCallsCanBeWaitedForListedAndPaged() {
        rest.deployed("paged", SLEEP, Map.of("max_machines", 1));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            ids.add(rest.async("paged", i == 0 ? 1.5 : 0));
        }
        Reply first = rest.get("/api/v1/invocations/" + ids.getFirst() + "?wait_ms=1");
        assertThat(first.field("status")).isIn("pending", "running");
        assertThat(rest.get("/api/v1/invocations/" + ids.getLast()).field("status"))
                .isEqualTo("pending");
        CompletableFuture<Reply> impatient =
                rest.sendLater("GET", "/api/v1/invocations/" + ids.getFirst() + "?wait_ms=300", new byte[0], Map.of());
        long begin = System.nanoTime();
        assertThat(rest.ended(ids.getFirst()).field("status")).isEqualTo("success");
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("another reader's shorter wait ends only its own")
                .isLessThan(Duration.ofSeconds(30));
        assertThat(impatient.join().field("status")).isIn("pending", "running");
        ids.forEach(id -> assertThat(rest.ended(id).field("status")).isEqualTo("success"));
        List<String> listed = new ArrayList<>();
        String cursor = "";
        do {
            Reply page = rest.get("/api/v1/invocations?function=paged&status=success&limit=3" + cursor);
            page.json().path("items").forEach(item -> listed.add(item.path("id").asString()));
            cursor = page.field("next").isEmpty() ? "" : "&cursor=" + page.field("next");
        } while (!cursor.isEmpty());
        assertThat(listed).isEqualTo(ids.reversed());
    }

    /** A crash is tried again, an error of the handler is not, and both end. */
    @Test
    void asynchronousCallsThatFail() {
        rest.deployed(
                "f",
                "import os\ndef handler(event):\n    if event: os._exit(1)\n    raise ValueError('v')\n",
                Map.of());
        String crashed = rest.async("f", 1);
        String raised = rest.async("f", 0);
        Reply error = rest.ended(raised);
        assertThat(error.json().path("attempts").asInt()).isEqualTo(1);
        assertThat(error.field("status")).isEqualTo("error");
        Reply given = rest.ended(crashed);
        assertThat(given.field("status")).as("%s", given).isEqualTo("error");
        assertThat(given.json().path("attempts").asInt()).isEqualTo(3);
        assertThat(given.json().path("error").path("type").asString()).isEqualTo("function.crashed");
    }

    /** The call in the machine ends; the one that waits for it finds no function any more. */
    @Test
    void deletionLetsWhatRunsEndAndTellsWhatWaits() {
        rest.deployed("f", SLEEP, Map.of("max_machines", 1));
        CompletableFuture<Reply> running = rest.invokeLater("f", 1.5);
        await().until(() -> busy("f") == 1);
        CompletableFuture<Reply> waiting = rest.invokeLater("f", 0);
        await().until(() -> machines("f").path("waiting").asInt() == 1);
        rest.remove("f");
        assertThat(waiting.join().status()).isEqualTo(404);
        assertThat(waiting.join().code()).isEqualTo("function.not_found");
        assertThat(running.join().text()).isEqualTo("1.5");
    }

    @Test
    void theTimeLimitKillsTheMachineAndNotThePool() {
        for (String reuse : List.of("fresh", "warm")) {
            rest.deployed(reuse, SLEEP, Map.of("timeout_ms", 1_000, "reuse", reuse, "max_machines", 2));
            CompletableFuture<Reply> late = rest.invokeLater(reuse, 1_000);
            await().until(() -> busy(reuse) == 1);
            assertThat(rest.invoke(reuse, 0.01).text()).as("beside it").isEqualTo("0.01");
            Reply killed = late.join();
            assertThat(killed.status()).isEqualTo(504);
            assertThat(killed.code()).isEqualTo("function.timeout");
            Reply record = rest.ended(killed.header("mayfly-invocation"));
            assertThat(record.field("status")).isEqualTo("timeout");
            assertThat(record.json().path("error").path("type").asString()).isEqualTo("Timeout");
            Reply after = rest.invoke(reuse, 0);
            assertThat(after.text()).isEqualTo("0");
            assertThat(after.header("mayfly-machine")).isNotEqualTo(killed.header("mayfly-machine"));
            assertThat(after.header("mayfly-start")).as("the template lives on").isNotEqualTo("cold");
            assertThat(rest.ended(rest.async(reuse, 1_000)).field("status")).isEqualTo("timeout");
        }
    }

    @Test
    void aHandlersErrorHasTypeMessageAndStack() {
        String code = """
                class Unfit(Exception): pass
                def deeper(event):
                    raise Unfit(f'no {event} here')
                def handler(event):
                    deeper(event)
                """;
        rest.deployed("f", code, Map.of());
        JsonNode told = rest.invoke("f", "cheese").json().path("function_error");
        JsonNode kept = rest.ended(rest.async("f", "cheese")).json().path("error");
        for (JsonNode error : List.of(told, kept)) {
            assertThat(error.path("type").asString()).endsWith("Unfit");
            assertThat(error.path("message").asString()).isEqualTo("no cheese here");
            assertThat(error.path("stack").asString()).contains("in handler", "in deeper", "line 3");
            assertThat(error.path("file").asString()).endsWith("main.py");
            assertThat(error.path("line").asInt()).isEqualTo(3);
        }
    }

    @Test
    void versionsAreNumberedAndEachIsTheWholeOfWhatWasSent() {
        String code = "import os\ndef handler(event):\n    return os.environ.get('K', 'none')\n";
        Reply first =
                rest.deployed("f", code, Map.of("env", Map.of("K", "one"), "tags", List.of("a"), "memory_mb", 64));
        Reply second = rest.put("/api/v1/functions/f", Rest.function("f", code, Map.of("tags", List.of("b"))));
        assertThat(second.json().path("version").asInt()).isEqualTo(2);
        assertThat(second.field("id")).isEqualTo(first.field("id"));
        assertThat(second.json().path("created_at")).isEqualTo(first.json().path("created_at"));
        assertThat(second.json().path("memory_mb").asInt()).isNotEqualTo(64);
        assertThat(rest.invoke("f", 0).json().asString()).isEqualTo("none");
        assertThat(rest.get("/api/v1/functions?tag=a").json().path("items").size())
                .isZero();
        assertThat(rest.get("/api/v1/functions?tag=b").json().path("items").size())
                .isOne();
        rest.remove("f");
        Reply again = rest.deployed("f", code, Map.of());
        assertThat(again.json().path("version").asInt())
                .as("another function of the name")
                .isOne();
        assertThat(again.field("id")).isNotEqualTo(first.field("id"));
    }

    @Test
    void bytesStayBytesInRecordsToo() {
        rest.deployed("f", ECHO, Map.of());
        byte[] bytes = {0, (byte) 0xff, 10};
        Reply accepted = rest.send(
                "POST", "/api/v1/functions/f/async", bytes, Map.of("content-type", "application/octet-stream"));
        assertThat(accepted.status()).isEqualTo(202);
        Reply record = rest.ended(accepted.field("invocation_id"));
        assertThat(record.field("status")).isEqualTo("success");
        assertThat(java.util.Base64.getDecoder().decode(record.field("result_base64")))
                .isEqualTo(bytes);
    }

    private int busy(String function) {
        return machines(function).path("busy").asInt();
    }

    private int warm(String function) {
        return machines(function).path("warm").asInt();
    }

    private JsonNode machines(String function) {
        return rest.get("/api/v1/functions/" + function).json().path("machines");
    }
}
