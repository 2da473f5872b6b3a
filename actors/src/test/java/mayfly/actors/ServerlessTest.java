package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.base.ActorId;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.core.actor.Actor;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.runnerpool.PoolError;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToServerlessServer;
import mayfly.store.NamespaceRecord;
import mayfly.store.Store;
import mayfly.store.Stores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pools whose runners an endpoint makes appear; the endpoint is a real HTTP server. */
class ServerlessTest {
    @TempDir
    Path data;

    private Store store;
    private ActorEngine engine;
    private TestEndpoint endpoint;
    private final AtomicInteger starts = new AtomicInteger();
    private final ConcurrentLinkedQueue<Started> running = new ConcurrentLinkedQueue<>();
    private volatile int status = 200;
    private volatile int version = 3;
    private volatile String wrongEvent = "";

    /** A request to /start that is answered still, and the runner that it made appear. */
    private record Started(Map<String, String> headers, ScriptedRunner runner, CountDownLatch end) {}

    @BeforeEach
    void start() throws IOException {
        store = Stores.embedded(data);
        engine = ActorEngine.start(store.actors(), Clock.system(), Ids.system(), EngineTimes.DEFAULT, ProgramHost.NONE);
        engine.reachableAt(new NodeAddress("http://127.0.0.1:7070", Optional.of("secret")));
        endpoint = new TestEndpoint((path, headers, out) -> {
            switch (path) {
                case "/api/start" -> answerStart(headers, out);
                case "/api/metadata" -> TestEndpoint.respond(out, 200, "application/json", metadata());
                default -> TestEndpoint.respond(out, 404, "text/plain", path);
            }
        });
    }

    @AfterEach
    void stop() throws IOException {
        running.forEach(it -> it.end().countDown());
        engine.close();
        store.close();
        endpoint.close();
    }

    private void answerStart(Map<String, String> headers, OutputStream out) throws IOException {
        int number = starts.incrementAndGet();
        if (status != 200) {
            TestEndpoint.respond(out, status, "text/plain", "broken");
            return;
        }
        TestEndpoint.respond(out, 200, "text/event-stream; charset=utf-8", wrongEvent);
        if (!wrongEvent.isEmpty()) {
            return;
        }
        String pool = headers.get("x-rivet-runner-name");
        ScriptedRunner runner = new ScriptedRunner(engine, pool, "serverless-" + number, 1, 2);
        try {
            runner.connect();
            await().until(() -> runner.heard().stream().anyMatch(ToClient.Init.class::isInstance));
            String id = runner.heard().stream()
                    .filter(ToClient.Init.class::isInstance)
                    .map(it -> ((ToClient.Init) it).runnerId())
                    .findFirst()
                    .orElseThrow();
            byte[] packet = RunnerProtocol.encode(new ToServerlessServer.Init(id, 7));
            String event = ": hello\r\n\r\nevent: ping\ndata\n\ndata: "
                    + Base64.getEncoder().encodeToString(packet) + "\n\n";
            out.write(event.getBytes(StandardCharsets.UTF_8));
            out.flush();
            Started started = new Started(headers, runner, new CountDownLatch(1));
            running.add(started);
            started.end().await();
        } catch (ActorException | InterruptedException e) {
            throw new IOException(e);
        }
    }

    private String metadata() {
        return """
            {"runtime":"rivetkit","version":"2.2.1","actorNames":{"counter":{"metadata":{"a":1}}},"runner":{"version":%d}}""".formatted(version);
    }

    private NamespaceRecord namespace() {
        return engine.namespaces().find(Namespaces.DEFAULT).orElseThrow();
    }

    private PoolConfig config(int lifespanSeconds, int slots, int min) {
        return new PoolConfig(
                Optional.empty(),
                Optional.of(new PoolConfig.Serverless(
                        endpoint.url() + "/api",
                        Optional.of(Map.of("x-own", "yes")),
                        lifespanSeconds,
                        Optional.of(slots),
                        Optional.of(min),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty())),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private ActorId created(String key) throws ActorException {
        return engine.catalog()
                .create(new ActorRequest(
                        namespace(), "counter", Optional.of(key), "less", CrashPolicy.SLEEP, Optional.empty()))
                .id();
    }

    private void awaitRunning(ActorId id) {
        await().until(() -> engine.catalog().get(id).orElseThrow().state() instanceof Actor.Running);
    }

    @Test
    void aRequestMakesARunnerAppearThatServesAsManyAsItHasSlots() throws ActorException {
        assertThat(engine.pools().put(namespace(), "less", config(900, 2, 0))).isTrue();
        assertThat(engine.pools().put(namespace(), "less", config(900, 2, 0))).isFalse();
        awaitRunning(created("a"));
        awaitRunning(created("b"));
        assertThat(starts.get()).isOne();
        awaitRunning(created("c"));
        assertThat(starts.get()).isEqualTo(2);
        await().until(() -> running.size() == 2);
        Map<String, String> headers = running.peek().headers();
        assertThat(headers).containsEntry("x-rivet-endpoint", "http://127.0.0.1:7070/");
        assertThat(headers).containsEntry("x-rivet-total-slots", "2");
        assertThat(headers).containsEntry("x-rivet-runner-name", "less");
        assertThat(headers).containsEntry("x-rivet-namespace-name", "default");
        assertThat(headers).containsEntry("x-rivet-token", "secret");
        assertThat(headers).containsEntry("x-own", "yes");
        await().until(() -> engine.catalog().names(namespace(), null, 10).stream()
                .anyMatch(it -> it.metadata().equals("{\"a\":1}")));
    }

    @Test
    void anEndpointThatFailsIsNamedWhileSomebodyWaits() throws ActorException {
        status = 503;
        engine.pools().put(namespace(), "less", config(900, 2, 0));
        ActorId id = created("a");
        await().until(() -> engine.pools()
                .get(namespace(), "less")
                .orElseThrow()
                .error()
                .equals(Optional.of(new PoolError.HttpError(503, "broken"))));
        status = 200;
        awaitRunning(id); // after the back-off
        await().until(() ->
                engine.pools().get(namespace(), "less").orElseThrow().error().isEmpty());
    }

    @Test
    void anUpgradedEndpointsRunnersAreReplaced() throws ActorException {
        engine.pools().put(namespace(), "less", config(900, 2, 1));
        await().until(() -> running.size() == 1
                && !engine.catalog().names(namespace(), null, 10).isEmpty());
        ScriptedRunner first = running.peek().runner();
        assertThat(engine.pools().refresh(namespace(), "less")).isTrue();
        assertThat(starts.get()).isOne();
        version = 4;
        assertThat(engine.pools().refresh(namespace(), "less")).isTrue();
        await().until(() -> first.closedFor.contains("ws.eviction"));
        await().until(() -> running.size() == 2);
        assertThat(running.stream().skip(1).findFirst().orElseThrow().runner().closedFor)
                .isEmpty();
    }

    @Test
    void whatIsNoRunnersMessageIsNamed() throws ActorException {
        wrongEvent = "data: !!!\n\n";
        engine.pools().put(namespace(), "less", config(900, 2, 1));
        await().until(() -> engine.pools()
                .get(namespace(), "less")
                .orElseThrow()
                .error()
                .equals(Optional.of(new PoolError.InvalidBase64())));
    }

    @Test
    void anotherUrlDrainsTheRunnersOfTheFirst() throws ActorException {
        engine.pools().put(namespace(), "less", config(900, 2, 0));
        ActorId id = created("a");
        awaitRunning(id);
        await().until(() -> !running.isEmpty());
        ScriptedRunner first = running.peek().runner();
        PoolConfig.Serverless last = config(900, 2, 0).serverless().orElseThrow();
        engine.pools()
                .put(
                        namespace(),
                        "less",
                        new PoolConfig(
                                Optional.empty(),
                                Optional.of(new PoolConfig.Serverless(
                                        last.url() + "/",
                                        last.headers(),
                                        900,
                                        last.slotsPerRunner(),
                                        Optional.of(1),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty())),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()));
        await().until(() -> first.closedFor.contains("ws.eviction"));
        await().until(() -> starts.get() == 2);
    }
}
