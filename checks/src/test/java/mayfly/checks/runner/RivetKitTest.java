package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.checks.npm.NpmPackages;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An app made with npm's rivetkit, used by its own client: on runners that connect, that an endpoint makes, that we start. */
@Timeout(180)
class RivetKitTest {
    private static final int STEPS = 12;

    @TempDir
    Path directory;

    private final NpmPackages packages = NpmPackages.orSkip("rivetkit");
    private final List<Process> started = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private Optional<String> token = Optional.empty();
    private MayflyEngine engine;

    @BeforeEach
    void start() throws IOException {
        engine = MayflyEngine.start(directory);
    }

    @AfterEach
    void stop() {
        started.forEach(Process::destroyForcibly); // rivetkit's handler of SIGTERM may not end it
        engine.close();
        http.close();
    }

    private Process app(String mode) throws IOException {
        ProcessBuilder app = packages.script(RivetKitTest.class, "rivetkit_app.mjs", mode);
        app.environment().put("RIVET_ENDPOINT", engine.endpoint());
        Process process =
                app.redirectError(directory.resolve("app.log").toFile()).start();
        started.add(process);
        return process;
    }

    /** Every step of the client's, in its words. */
    private List<String> client() throws IOException {
        Process process = packages.script(RivetKitTest.class, "rivetkit_client.mjs", engine.endpoint(), "default")
                .redirectErrorStream(true)
                .start();
        started.add(process);
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            return out.lines().toList();
        }
    }

    private static void allWell(List<String> said) {
        assertThat(said).last().as(String.join("\n", said)).isEqualTo("all ok");
        assertThat(said.stream().filter(line -> line.startsWith("ok "))).hasSize(STEPS);
    }

    private String call(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(engine.endpoint() + path))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + token.orElse("anything"))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isLessThan(300);
        return response.body();
    }

    private void awaitRunner() {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> call("GET", "/runners?namespace=default", "").contains("\"runner_id\""));
    }

    @Test
    void onRunnersThatConnect() throws Exception {
        app("normal");
        awaitRunner();
        allWell(client());
    }

    @Test
    void onRunnersThatAnEndpointMakesAppear() throws Exception {
        String line = app("serverless").inputReader(StandardCharsets.UTF_8).readLine();
        assertThat(line).startsWith("port ");
        call("PUT", "/runner-configs/default?namespace=default", """
                {"datacenters":{"default":{"serverless":{"url":"http://127.0.0.1:%s/api/rivet","headers":{},
                "request_lifespan":900,"slots_per_runner":100,"min_runners":0,"max_runners":100,"runners_margin":0}}}}""".formatted(line.substring("port ".length())));
        allWell(client());
    }

    @Test
    void onRunnersThatWeStartAndEndWhenTheirActorsSleep() throws Exception {
        putHostedPool();
        assertThat(call("GET", "/api/v1/tasks", "")).doesNotContain("runner-default");
        allWell(client());
        await().atMost(Duration.ofSeconds(60))
                .until(() -> !call("GET", "/api/v1/tasks", "").contains("runner-default"));
    }

    private void putHostedPool() throws IOException, InterruptedException {
        ProcessBuilder app = packages.script(RivetKitTest.class, "rivetkit_app.mjs", "normal");
        String command = app.command().stream()
                .map(word -> Json.text(JsonValue.of(word)))
                .collect(Collectors.joining(","));
        call("PUT", "/runner-configs/default?namespace=default", """
                {"datacenters":{"default":{"hosted":{"command":[%s],"env":{"SLEEP_MS":"400"},"directory":"%s",
                "slots_per_runner":100,"idle_seconds":1,"drain_grace_period":5}}}}""".formatted(command, app.directory()));
    }

    @Test
    void aProgramThatWeStartIsLetInByATokenOfItsOwn() throws Exception {
        engine.close();
        token = Optional.of("the-token-of-this-node");
        engine = MayflyEngine.start(Files.createDirectory(directory.resolve("guarded")), token);
        putHostedPool();
        String made = call("POST", "/actors?namespace=default", """
                {"name":"room","key":"a","runner_name_selector":"default","crash_policy":"sleep"}""");
        String actor = made.replaceAll("(?s).*\"actor_id\":\"([a-z0-9]+)\".*", "$1");
        assertThat(call("GET", "/gateway/" + actor + "/request/x", "")).isEqualTo("raw /x 0");
    }

    @Test
    void aKilledNodeLosesNothingThatItsActorsWereToldIsKept() throws Exception {
        app("normal");
        awaitRunner();
        allWell(client());
        String before = call("GET", "/actors?namespace=default&name=room&limit=100", "");
        engine.interrupt(); // kill -9, then the same data on the same port
        awaitRunner();
        assertThat(call("GET", "/actors?namespace=default&name=room&limit=100", "")
                        .split("\"actor_id\"", -1))
                .hasSameSizeAs(before.split("\"actor_id\"", -1));
        allWell(client());
    }
}
