package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import mayfly.runner.Runner;
import mayfly.runner.RunnerSpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the Java SDK does on an engine: the same on every one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class RunnerKit {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private Engine engine;
    private EngineClient client;
    private TestActor.Diary diary;
    private String pool;
    private Runner runner;

    abstract Engine start(Path directory) throws Exception;

    @BeforeAll
    final void startEngine() throws Exception {
        Awaitility.setDefaultTimeout(PATIENCE);
        engine = start(directory);
        client = new EngineClient(engine.endpoint());
    }

    @AfterAll
    final void stopEngine() {
        Awaitility.reset();
        if (engine != null) {
            client.close();
            engine.close();
        }
    }

    @BeforeEach
    final void connect() throws Exception {
        diary = new TestActor.Diary();
        pool = "pool-" + UUID.randomUUID();
        client.declare(pool);
        runner = connect(spec());
    }

    private RunnerSpec spec() {
        return RunnerSpec.of(engine.endpoint(), pool).withSlots(100).withDrainGrace(PATIENCE);
    }

    private Runner connect(RunnerSpec spec) throws Exception {
        TestActor.Diary ours = diary;
        Runner connected = Runner.connect(spec, self -> new TestActor(self, ours));
        connected.awaitConnected(PATIENCE);
        return connected;
    }

    @AfterEach
    final void disconnect() {
        diary.gate.countDown();
        if (runner != null) {
            runner.close();
        }
    }

    private String create() throws Exception {
        return client.create(pool, "key-" + UUID.randomUUID(), "for you".getBytes(StandardCharsets.UTF_8));
    }

    private void awaitAsleep(String actor) {
        await().until(() -> client.isAsleep(actor) && runner.actors() == 0);
    }

    @Test
    void anActorStartsOnceAndAnswers() throws Exception {
        String actor = create();
        assertThat(client.get(actor, "/count").body()).isEqualTo("1");
        assertThat(client.get(actor, "/count").body()).isEqualTo("2");
        assertThat(diary.of(actor)).containsExactly("made", "start for you");
        assertThat(runner.actors()).isEqualTo(1);
    }

    /** The actor has no lock, and needs none. */
    @Test
    void anActorDoesOneThingAtATime() throws Exception {
        String actor = create();
        List<CompletableFuture<String>> counts = IntStream.range(0, 30)
                .mapToObj(_ -> CompletableFuture.supplyAsync(() -> {
                    try {
                        return client.get(actor, "/count").body();
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                }))
                .toList();
        assertThat(counts.stream().map(CompletableFuture::join))
                .containsExactlyInAnyOrder(
                        IntStream.rangeClosed(1, 30).mapToObj(Integer::toString).toArray(String[]::new));
    }

    @Test
    void requestsAndAnswersArriveAsTheyAre() throws Exception {
        String actor = create();
        byte[] body = new byte[3 << 20];
        new Random(1).nextBytes(body);
        String text = HexFormat.of().formatHex(body, 0, 1 << 20);
        HttpResponse<String> answer = client.post(actor, "/echo/%20x?a=1&b=%2F", text.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo("no /echo/%20x?a=1&b=%2F");
        answer = client.post(actor, "/echo?a=1&b=%2F", text.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.headers().firstValue("x-method")).contains("POST");
        assertThat(answer.headers().firstValue("x-path")).contains("/echo?a=1&b=%2F");
        assertThat(answer.body()).isEqualTo(text);
        assertThat(client.get(actor, "/echo").body()).isEmpty();
    }

    @Test
    void failuresAreAnsweredAndTheActorLives() throws Exception {
        String actor = create();
        assertThat(client.get(actor, "/fail").statusCode()).isEqualTo(500);
        assertThat(client.get(actor, "/large").body()).contains("over the limit of 20971520");
        assertThat(client.get(actor, "/count").body()).isEqualTo("1");
        assertThat(diary.of(actor)).containsExactly("made", "start for you");
    }

    /** Whatever takes long and says so does not keep the actor from the next event. */
    @Test
    void whatIsAnsweredLaterLeavesTheActorFree() throws Exception {
        String actor = create();
        CompletableFuture<String> later = CompletableFuture.supplyAsync(() -> {
            try {
                return client.get(actor, "/later").body();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        assertThat(client.get(actor, "/count").body()).isEqualTo("1");
        assertThat(later).isNotDone();
        diary.gate.countDown();
        assertThat(later.get()).isEqualTo("later");
    }

    @Test
    void theStoreKeepsWhatItIsGiven() throws Exception {
        String actor = create();
        for (String key : new String[] {"b", "a", "ab", "c"}) {
            assertThat(kv(actor, "put " + key + " value-of-" + key)).isEqualTo("done");
        }
        client.get(actor, "/count");
        assertThat(kv(actor, "get ab")).isEqualTo("value-of-ab");
        assertThat(kv(actor, "get x")).isEqualTo("nothing");
        assertThat(kv(actor, "list")).isEqualTo("a ab b c");
        assertThat(kv(actor, "list a")).isEqualTo("ab a");
        kv(actor, "delete a");
        assertThat(kv(actor, "list")).isEqualTo("ab b c");
        kv(actor, "range ab c");
        assertThat(kv(actor, "list")).isEqualTo("c");
        kv(actor, "drop");
        assertThat(kv(actor, "list")).isEmpty();
    }

    private String kv(String actor, String command) throws Exception {
        HttpResponse<String> answer = client.post(actor, "/kv", command.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void anActorSleepsAndWakesWithItsState() throws Exception {
        String actor = create();
        client.get(actor, "/count");
        for (int round = 2; round < 5; round++) {
            assertThat(client.get(actor, "/sleep").body()).isEqualTo("good night");
            awaitAsleep(actor);
            assertThat(client.get(actor, "/count").body()).isEqualTo(Integer.toString(round));
        }
        assertThat(diary.of(actor))
                .containsExactly(
                        "made",
                        "start for you",
                        "sleep",
                        "made",
                        "wake",
                        "sleep",
                        "made",
                        "wake",
                        "sleep",
                        "made",
                        "wake");
        assertThat(kv(actor, "get slept")).isEqualTo("\u0001");
    }

    @Test
    void alarmsRingAwakeAndAsleep() throws Exception {
        String actor = create();
        client.post(actor, "/alarm", "100".getBytes(StandardCharsets.UTF_8));
        await().until(() -> diary.of(actor).contains("alarm"));
        client.post(actor, "/alarm", "3000".getBytes(StandardCharsets.UTF_8));
        client.get(actor, "/sleep");
        awaitAsleep(actor);
        await().until(() -> diary.of(actor).stream().filter("alarm"::equals).count() == 2);
        assertThat(diary.of(actor)).containsExactly("made", "start for you", "alarm", "sleep", "made", "wake", "alarm");
    }

    @Test
    void anActorEnds() throws Exception {
        String actor = create();
        assertThat(client.get(actor, "/destroy").body()).isEqualTo("goodbye");
        await().until(() -> !client.actor(actor).path("destroy_ts").isNull());
        await().until(() -> runner.actors() == 0);
        assertThat(client.get(actor, "/count").statusCode()).isEqualTo(404);
    }

    @Test
    void webSocketsTalkBothWays() throws Exception {
        String actor = create();
        EngineClient.Talk talk = client.open(actor, "/talk?x=1");
        assertThat(talk.hear()).isEqualTo("hello /talk?x=1");
        talk.say("hi");
        assertThat(talk.hear()).isEqualTo("you said hi");
        byte[] data = new byte[200_000];
        new Random(2).nextBytes(data);
        talk.say(data);
        assertThat(talk.hearBytes()).isEqualTo(ByteBuffer.wrap(data));
        talk.close();
        await().until(() -> diary.of(actor).contains("closed 1000"));

        EngineClient.Talk closed = client.open(actor, "/talk");
        closed.say("close");
        assertThat(closed.closed.get()).isEqualTo("4001 as asked");
    }

    @Test
    void aWebSocketOfAnActorThatSleepsIsClosed() throws Exception {
        String actor = create();
        EngineClient.Talk talk = client.open(actor, "/talk");
        talk.hear();
        talk.say("sleep");
        assertThat(talk.closed.get()).startsWith("1000 actor.stopped");
    }

    @Test
    void hibernatingWebSocketsStayWhileTheActorSleeps() throws Exception {
        String actor = create();
        EngineClient.Talk talk = client.open(actor, "/hibernating");
        assertThat(talk.hear()).isEqualTo("hello /hibernating");
        for (int round = 1; round < 4; round++) {
            talk.say("count");
            assertThat(talk.hear()).isEqualTo(Integer.toString(2 * round - 1));
            talk.say("sleep");
            awaitAsleep(actor);
            assertThat(talk.closed).isNotDone();
            talk.say("count");
            assertThat(talk.hear()).isEqualTo(Integer.toString(2 * round));
        }
        assertThat(diary.of(actor)).contains("restored /hibernating").doesNotContain("closed 1000");
        talk.close();
        await().until(() -> diary.of(actor).contains("closed 1000"));
    }

    @Test
    void theSameKeyPutsTheFirstRunnerOut() throws Exception {
        RunnerSpec spec = spec().withKey(UUID.randomUUID().toString());
        Runner first = connect(spec);
        Runner second = connect(spec);
        assertThat(first.awaitEnd()).startsWith("evicted: ws.eviction");
        assertThat(second.isConnected()).isTrue();
        second.close();
    }

    @Test
    void aClosedRunnersActorsMoveToTheNext() throws Exception {
        String actor = create();
        client.get(actor, "/count");
        try (Runner next = connect(spec())) {
            runner.close();
            assertThat(diary.of(actor)).containsExactly("made", "start for you", "sleep");
            assertThat(client.get(actor, "/count").body()).isEqualTo("2");
            assertThat(next.actors()).isEqualTo(1);
        }
    }

    /** The actors stay, with all that they have in memory, and are found again. */
    @Test
    void actorsOutliveTheirEngine() throws Exception {
        String actor = create();
        client.get(actor, "/count");
        String id = runner.id().orElseThrow();
        engine.interrupt();
        await().until(runner::isConnected);
        assertThat(runner.id()).contains(id);
        await().ignoreExceptions()
                .until(() -> client.get(actor, "/count").body().equals("2"));
        assertThat(diary.of(actor)).containsExactly("made", "start for you");
    }

    /** Only where an engine passes on what an actor flushes. */
    final void streamsArePassedOn() throws Exception {
        String actor = create();
        HttpResponse<InputStream> answer = client.stream(actor, "/streamed");
        assertThat(answer.statusCode()).isEqualTo(200);
        try (InputStream body = answer.body()) {
            assertThat(new String(body.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("first\n");
            diary.gate.countDown();
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("second\n");
        }
    }
}
