package mayfly.checks.npm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.checks.rest.ChildNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What becomes of actors on unmodified runners of Rivet's: sleep, drains, crashes, alarms, what they keep, killed nodes. */
@Timeout(120)
class RunnerFlowsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    @TempDir
    static Path data;

    private static NpmPackages packages;
    private static ChildNode node;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String pool = "flows-" + NUMBERS.incrementAndGet();
    private final List<RunnerProcess> runners = new ArrayList<>();

    @BeforeAll
    static void startNode() throws IOException {
        packages = NpmPackages.orSkip("@rivetkit/engine-runner");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        node = ChildNode.at(data.resolve("node"))
                .flag("listen", "127.0.0.1:" + port)
                .start();
    }

    @AfterAll
    static void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    @AfterEach
    void stopRunners() {
        runners.forEach(RunnerProcess::close);
        http.close();
    }

    private RunnerProcess runner(Map<String, String> environment) throws IOException {
        RunnerProcess started = RunnerProcess.start(packages, node.url(), pool, environment);
        runners.add(started);
        await().atMost(Duration.ofSeconds(30)).until(started::isConnected);
        return started;
    }

    private JsonNode send(String method, String path, String body) throws Exception {
        HttpResponse<byte[]> answer = http.send(
                HttpRequest.newBuilder(URI.create(node.url() + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("content-type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
        boolean json = answer.headers().firstValue("content-type").orElse("").startsWith("application/json");
        return json ? JSON.readTree(answer.body()) : JSON.getNodeFactory().stringNode(new String(answer.body(), UTF_8));
    }

    private String actor(String key, String crashPolicy) throws Exception {
        return send(
                        "POST",
                        "/actors?namespace=default",
                        "{\"name\":\"kind\",\"key\":\"%s-%s\",\"runner_name_selector\":\"%s\",\"crash_policy\":\"%s\"}"
                                .formatted(key, pool, pool, crashPolicy))
                .path("actor")
                .path("actor_id")
                .asString();
    }

    private JsonNode get(String actor, String path) throws Exception {
        return send("GET", "/gateway/" + actor + path, "");
    }

    private JsonNode view(String actor) throws Exception {
        return send("GET", "/actors?namespace=default&actor_ids=" + actor, "")
                .path("actors")
                .path(0);
    }

    private void awaitAsleep(String actor) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> view(actor).path("sleep_ts").isNumber()
                        && !view(actor).path("connectable_ts").isNumber());
    }

    private static long told(RunnerProcess runner, String what, String actor) {
        return runner.told(what).stream()
                .filter(it -> it.path("actor").asString().equals(actor))
                .count();
    }

    @Test
    void aSecondWishToSleepIsIgnored() throws Exception {
        RunnerProcess runner = runner(Map.of("STOP_MS", "300"));
        String actor = actor("a", "restart");
        get(actor, "/sleep-twice");
        await().until(() -> told(runner, "stop", actor) == 1);
        assertThat(get(actor, "/x").path("generation").asInt()).isOne();
        assertThat(told(runner, "stop", actor)).isOne();
        assertThat(told(runner, "start", actor)).isEqualTo(2);
    }

    @Test
    void aWakeWhileItStopsIsKept() throws Exception {
        RunnerProcess runner = runner(Map.of("STOP_MS", "700"));
        String actor = actor("a", "restart");
        get(actor, "/sleep");
        await().until(() -> told(runner, "stop", actor) == 1);
        assertThat(get(actor, "/x").path("generation").asInt()).isOne();
    }

    @Test
    void everyWakeIsQuickThoughEachSleepIsToldAsAnError() throws Exception {
        RunnerProcess runner = runner(Map.of());
        String actor = actor("a", "restart");
        for (int i = 0; i < 5; i++) {
            assertThat(get(actor, "/x").path("generation").asInt()).isEqualTo(i);
            get(actor, "/sleep");
            awaitAsleep(actor);
            assertThat(view(actor).path("error").isMissingNode()
                            || view(actor).path("error").isNull())
                    .isTrue();
            assertThat(view(actor).path("reschedule_ts").isNumber()).isFalse();
        }
        assertThat(told(runner, "start", actor)).isEqualTo(5);
    }

    @Test
    void theActorsOfARunnerThatLeavesMoveToAnother() throws Exception {
        RunnerProcess first = runner(Map.of());
        String actor = actor("a", "restart");
        get(actor, "/x");
        RunnerProcess second = runner(Map.of());
        get(actor, "/shutdown");
        await().atMost(Duration.ofSeconds(30)).until(() -> told(second, "start", actor) == 1);
        assertThat(told(first, "stop", actor)).isOne();
        assertThat(get(actor, "/x").path("generation").asInt()).isOne();
    }

    @Test
    void theActorsOfAKilledRunnerRunOnAnother() throws Exception {
        RunnerProcess first = runner(Map.of());
        String actor = actor("a", "restart");
        get(actor, "/x");
        RunnerProcess second = runner(Map.of());
        first.kill9();
        assertThat(get(actor, "/x").path("generation").asInt()).isOne();
        assertThat(told(second, "start", actor)).isOne();
    }

    @Test
    void anAlarmWakesASleeper() throws Exception {
        RunnerProcess runner = runner(Map.of());
        String actor = actor("a", "restart");
        get(actor, "/alarm?n=1200");
        get(actor, "/sleep");
        awaitAsleep(actor);
        await().atMost(Duration.ofSeconds(30)).until(() -> told(runner, "start", actor) == 2);
    }

    @Test
    void whatAnActorKeepsIsKept() throws Exception {
        runner(Map.of());
        String actor = actor("a", "restart");
        JsonNode seen = get(actor, "/kv");
        assertThat(seen.path("got").toString()).isEqualTo("[\"3\",null,\"1\"]");
        assertThat(seen.path("all").toString()).isEqualTo("[\"a1=1\",\"a2=2\",\"b1=3\",\"b2=4\",\"kept=v\"]");
        assertThat(seen.path("last").toString()).isEqualTo("[\"kept=v\",\"b2=4\"]");
        assertThat(seen.path("prefix").toString()).isEqualTo("[\"a1=1\",\"a2=2\"]");
        assertThat(seen.path("range").toString()).isEqualTo("[\"a1=1\",\"a2=2\"]");
        assertThat(seen.path("left").toString()).isEqualTo("[\"a2=2\",\"b2=4\",\"kept=v\"]");
        assertThat(get(actor, "/too-long").asString()).contains("key is too long");
        get(actor, "/sleep");
        awaitAsleep(actor);
        assertThat(get(actor, "/kept").toString()).isEqualTo("[\"v\"]");
    }

    @Test
    void anActorThatFailsToStartSleepsWithItsError() throws Exception {
        runner(Map.of());
        String actor = actor("fail-start", "sleep");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> view(actor).path("error").path("crashed").isObject());
    }

    @Test
    void aDestroyedActorIsGone() throws Exception {
        runner(Map.of());
        String actor = actor("a", "restart");
        get(actor, "/destroy");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> view(actor).path("destroy_ts").isNumber());
        assertThat(actor("a", "restart")).isNotEqualTo(actor);
    }

    @Test
    void aRunningActorIsNotStartedAgainWhenItsNodeIsKilled() throws Exception {
        RunnerProcess runner = runner(Map.of());
        String running = actor("running", "restart");
        String asleep = actor("asleep", "restart");
        get(running, "/kv");
        get(asleep, "/kv");
        get(asleep, "/alarm?n=1500");
        get(asleep, "/sleep");
        awaitAsleep(asleep);
        node = node.restarted();
        assertThat(get(running, "/x").path("generation").asInt()).isZero();
        assertThat(get(running, "/kept").toString()).isEqualTo("[\"v\"]");
        await().atMost(Duration.ofSeconds(30)).until(() -> told(runner, "start", asleep) == 2);
        assertThat(get(asleep, "/kept").toString()).isEqualTo("[\"v\"]");
        assertThat(told(runner, "start", running)).isOne();
    }
}
