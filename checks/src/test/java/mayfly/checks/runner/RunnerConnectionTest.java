package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mayfly.checks.runner.ScriptedEngine.Line;
import mayfly.runner.Runner;
import mayfly.runner.RunnerSpec;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;
import mayfly.runner.protocol.StopCode;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServer;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the Java SDK does when its connection ends, is silent, or says what it should not; and in which order it speaks. */
@Timeout(60)
class RunnerConnectionTest {
    private final TestActor.Diary diary = new TestActor.Diary();
    private ScriptedEngine engine;
    private Runner runner;
    private Line line;

    @BeforeEach
    void connect() throws Exception {
        engine = new ScriptedEngine();
        RunnerSpec spec = RunnerSpec.of(engine.endpoint() + "/", "pool")
                .withKey("the key")
                .withNamespace("a b")
                .withSlots(7)
                .withVersion(3)
                .withActorName("test")
                .withDrainGrace(Duration.ofSeconds(20));
        runner = Runner.connect(spec, self -> new TestActor(self, diary));
    }

    @AfterEach
    void disconnect() {
        diary.gate.countDown();
        engine.close(); // first: nobody is there to let it drain
        runner.close();
    }

    private void welcomed() throws Exception {
        line = engine.welcomed("run1");
        runner.awaitConnected(Duration.ofSeconds(10));
    }

    private static ToServer events(EventWrapper... events) {
        return new ToServer.Events(List.of(events));
    }

    private static EventWrapper event(String actor, int generation, long index, Event event) {
        return new EventWrapper(new ActorCheckpoint(actor, generation, index), event);
    }

    private static EventWrapper running(String actor, int generation) {
        return event(actor, generation, 0, new Event.StateUpdate(new ActorState.Running()));
    }

    private static EventWrapper stopped(String actor, int generation, long index) {
        return event(
                actor, generation, index, new Event.StateUpdate(new ActorState.Stopped(StopCode.OK, Optional.empty())));
    }

    private void started(String actor) throws Exception {
        line.start(actor, 0);
        line.next(events(running(actor, 0))::equals);
    }

    @Test
    void itSaysWhoItIs() throws Exception {
        Line first = engine.nextLine();
        assertThat(first.target).isEqualTo("/runners/connect?protocol_version=7&namespace=a%20b&runner_key=the%20key");
        assertThat(first.heard)
                .containsExactly(new ToServer.Init("pool", 3, 7, Optional.of(Map.of("test", "{}")), Optional.empty()));
        assertThat(runner.isConnected()).isFalse();
        first.welcome("run1");
        runner.awaitConnected(Duration.ofSeconds(10));
        assertThat(runner.id()).contains("run1");
        assertThat(first.untilPong(5)).isEmpty();
    }

    @Test
    void aCommandThatIsToldAgainChangesNothing() throws Exception {
        welcomed();
        started("a");
        line.start("a", 0);
        line.stop("a", 9);
        line.stop("unknown", 0);
        assertThat(line.untilPong(1)).noneMatch(ToServer.Events.class::isInstance);
        line.stop("a", 0);
        line.next(events(stopped("a", 0, 1))::equals);
        assertThat(diary.of("a")).containsExactly("made", "start ", "sleep");
        assertThat(runner.actors()).isZero();
    }

    @Test
    void aLaterGenerationTakesTheActorsPlace() throws Exception {
        welcomed();
        started("a");
        await().until(() -> diary.of("a").contains("start "));
        line.start("a", 2);
        line.next(events(running("a", 2))::equals);
        line.start("a", 1);
        line.stop("a", 0);
        await().untilAsserted(
                        () -> assertThat(diary.of("a")).containsExactly("made", "start ", "lost", "made", "start "));
        assertThat(runner.actors()).isEqualTo(1);
        line.get(1, "a", "/count");
        line.next(ToServer.TunnelMessage.class);
    }

    @Test
    void afterACutTheEngineHearsWhatItMayNotHave() throws Exception {
        welcomed();
        started("a");
        started("b");
        line.say(new ToClient.AckEvents(List.of(new ActorCheckpoint("b", 0, 0))));
        line.untilPong(1);
        line.close(1011, "guard.oops");
        line.awaitEnd();
        line = engine.welcomed("run1");
        assertThat(line.next(ToServer.Events.class)).isEqualTo(events(running("a", 0)));
        assertThat(diary.of("a")).containsExactly("made", "start ");
        assertThat(runner.actors()).isEqualTo(2);
    }

    /** The stop is over while nobody listens; an engine that asks again later hears of it nevertheless. */
    @Test
    void lastWordsAreNotLost() throws Exception {
        welcomed();
        started("a");
        diary.storesAtSleep = false;
        await().until(() -> diary.of("a").contains("start "));
        line.stop("a", 0);
        line.close(1011, "guard.oops");
        await().until(() -> runner.actors() == 0);
        line = engine.welcomed("run1");
        ToServer.Events told = line.next(ToServer.Events.class);
        assertThat(told.events()).contains(stopped("a", 0, 1));
        line.say(new ToClient.AckEvents(List.of(new ActorCheckpoint("a", 0, 1))));
        line.untilPong(2);
        line.close(1011, "guard.oops");
        line = engine.welcomed("run1");
        assertThat(line.untilPong(3)).isEmpty();
    }

    @Test
    void unansweredCallsOfStoresAreAskedAgain() throws Exception {
        engine.answersStores = false;
        welcomed();
        line.start("a", 0);
        ToServer.KvRequest asked = line.next(ToServer.KvRequest.class);
        line.close(1011, "guard.oops");
        line = engine.welcomed("run1");
        ToServer.KvRequest again = line.next(ToServer.KvRequest.class);
        assertThat(again).usingRecursiveComparison().isEqualTo(asked);
        line.say(new ToClient.KvResponse(
                asked.requestId(), new KvResponseData.Listing(List.of(), List.of(), List.of())));
        ToServer.KvRequest next = line.next(ToServer.KvRequest.class);
        assertThat(next.data()).isInstanceOf(KvRequestData.Put.class);
        line.say(new ToClient.KvResponse(asked.requestId(), new KvResponseData.Failed("a late answer to nobody")));
        line.say(new ToClient.KvResponse(next.requestId(), new KvResponseData.Put()));
        line.get(1, "a", "/echo");
        line.next(ToServer.TunnelMessage.class);
    }

    /** Unlike those of the published client. */
    @Test
    void answersThatAreReadyWhileTheEngineIsAwayReachIt() throws Exception {
        welcomed();
        started("a");
        line.get(1, "a", "/later");
        line.get(2, "a", "/echo");
        line.next(ToServer.TunnelMessage.class);
        line.close(1011, "guard.oops");
        await().until(() -> !runner.isConnected());
        diary.gate.countDown();
        line = engine.welcomed("run1");
        ToServer.TunnelMessage answer = line.next(ToServer.TunnelMessage.class);
        assertThat(answer.id().requestId()).isEqualTo(1);
        assertThat(line.heard).element(1).as("events come first").isInstanceOf(ToServer.Events.class);
        ToServerKind.ResponseStart start = (ToServerKind.ResponseStart) answer.kind();
        assertThat(new String(start.body().orElseThrow(), StandardCharsets.UTF_8))
                .isEqualTo("later");
    }

    @Test
    void anEngineThatDoesNotKnowTheRunnerTakesItsActors() throws Exception {
        welcomed();
        started("a");
        await().until(() -> diary.of("a").contains("start "));
        line.close(1011, "guard.oops");
        line = engine.welcomed("run2");
        await().until(() -> diary.of("a").contains("lost"));
        assertThat(line.untilPong(1)).isEmpty();
        assertThat(runner.actors()).isZero();
        assertThat(runner.id()).contains("run2");
    }

    @Test
    void withoutAnEngineItGivesItsActorsUpInTime() throws Exception {
        engine.lostMillis = 300;
        welcomed();
        started("a");
        await().until(() -> diary.of("a").contains("start "));
        line.close(1011, "guard.oops");
        line = engine.nextLine();
        await().until(() -> diary.of("a").contains("lost"));
        line.welcome("run1");
        ToServer.Events told = line.next(ToServer.Events.class);
        assertThat(told.events()).hasSize(2).first().isEqualTo(running("a", 0));
        assertThat(told.events().get(1).inner())
                .isInstanceOfSatisfying(
                        Event.StateUpdate.class,
                        update -> assertThat(update.state())
                                .isInstanceOfSatisfying(
                                        ActorState.Stopped.class,
                                        stopped -> assertThat(stopped.code()).isEqualTo(StopCode.ERROR)));
    }

    @Test
    void aSilentConnectionIsGivenUp() throws Exception {
        engine.lostMillis = 1_000;
        welcomed();
        line.close(1011, "guard.oops");
        line = engine.welcomed("run1");
        line.untilPong(1);
        assertThat(line.awaitEnd()).startsWith("4008 silent for ");
        engine.nextLine();
    }

    @Test
    void evictionEndsItAtOnce() throws Exception {
        welcomed();
        started("a");
        await().until(() -> diary.of("a").contains("start "));
        line.close(1000, "ws.eviction#ray");
        assertThat(runner.awaitEnd()).isEqualTo("evicted: ws.eviction#ray");
        await().until(() -> diary.of("a").contains("lost"));
        assertThat(runner.actors()).isZero();
        assertThat(engine.hasNoMore()).isTrue();
    }

    @Test
    void nonsenseEndsTheConnectionAndNotTheRunner() throws Exception {
        welcomed();
        started("a");
        line.sayBytes(new byte[] {9, 9});
        assertThat(line.awaitEnd()).startsWith("4002 a message that is none: ToClient has no member 9");
        line = engine.welcomed("run1");
        line.sayText();
        assertThat(line.awaitEnd()).isEqualTo("4002 messages are binary");
        line = engine.welcomed("run1");
        line.get(1, "a", "/echo");
        line.next(ToServer.TunnelMessage.class);
    }

    @Test
    void whatIsForNobodyIsRefused() throws Exception {
        welcomed();
        line.get(1, "nobody", "/");
        assertThat(line.next(ToServer.TunnelMessage.class).kind()).isEqualTo(new ToServerKind.ResponseAbort());
        line.tunnel(2, 0, new ToClientKind.WebSocketOpen("nobody", "/", Map.of()));
        assertThat(line.next(ToServer.TunnelMessage.class).kind()).isInstanceOf(ToServerKind.WebSocketClose.class);
        line.tunnel(3, 1, new ToClientKind.WebSocketMessage(new byte[1], true));
        line.tunnel(3, 2, new ToClientKind.RequestAbort());
        assertThat(line.untilPong(1)).isEmpty();
    }

    @Test
    void aBodyInChunksIsPutTogether() throws Exception {
        welcomed();
        started("a");
        line.tunnel(
                1, 0, new ToClientKind.RequestStart("a", "POST", "/echo", Map.of(), Optional.of(bytes("on")), true));
        line.tunnel(1, 1, new ToClientKind.RequestChunk(bytes("e "), false));
        line.tunnel(1, 2, new ToClientKind.RequestChunk(bytes("two"), true));
        ToServerKind.ResponseStart answer = (ToServerKind.ResponseStart)
                line.next(ToServer.TunnelMessage.class).kind();
        assertThat(answer.body().orElseThrow()).isEqualTo(bytes("one two"));
        line.tunnel(2, 0, new ToClientKind.RequestStart("a", "POST", "/echo", Map.of(), Optional.empty(), true));
        for (int chunk = 1; chunk <= 3; chunk++) {
            line.tunnel(2, chunk, new ToClientKind.RequestChunk(new byte[8 << 20], chunk == 3));
        }
        answer = (ToServerKind.ResponseStart)
                line.next(ToServer.TunnelMessage.class).kind();
        assertThat(answer.status()).isEqualTo(413);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aStreamIsBrokenOffWhenNobodyReadsIt() throws Exception {
        welcomed();
        started("a");
        line.get(1, "a", "/streamed");
        line.next(ToServer.TunnelMessage.class);
        ToServer.TunnelMessage chunk = line.next(ToServer.TunnelMessage.class);
        assertThat(chunk.kind())
                .isInstanceOfSatisfying(
                        ToServerKind.ResponseChunk.class,
                        first -> assertThat(first.body()).isEqualTo(bytes("first\n")));
        assertThat(chunk.id().messageIndex()).isEqualTo(1);
        line.tunnel(1, 1, new ToClientKind.RequestAbort());
        assertThat(line.next(ToServer.TunnelMessage.class).kind()).isEqualTo(new ToServerKind.ResponseAbort());
    }

    /** The engine repeats what was not acknowledged, and the runner knows it. */
    @Test
    void repeatedMessagesOfClientsThatStayAreHandledOnce() throws Exception {
        welcomed();
        started("a");
        line.tunnel(1, 0, new ToClientKind.WebSocketOpen("a", "/hibernating", Map.of()));
        assertThat(line.next(ToServer.TunnelMessage.class).kind()).isEqualTo(new ToServerKind.WebSocketOpen(true));
        line.next(ToServer.TunnelMessage.class);
        ToClientKind hello = new ToClientKind.WebSocketMessage(bytes("x"), false);
        Stream.of(1, 1, 2, 1, 2).forEach(index -> line.tunnel(1, index, hello));
        line.tunnel(1, 4, hello);
        line.next(message -> message instanceof ToServer.TunnelMessage tunnelled
                && tunnelled.kind() instanceof ToServerKind.WebSocketClose close
                && close.code().orElse(0) == 1008);
        assertThat(line.heard)
                .filteredOn(message -> message instanceof ToServer.TunnelMessage tunnelled
                        && tunnelled.kind() instanceof ToServerKind.WebSocketMessage)
                .hasSize(3); // its greeting, and two answers
    }

    @Test
    void aClientThatTheStoreDoesNotKnowIsSentAway() throws Exception {
        welcomed();
        line.start("a", 1, new HibernatingRequest(7, 5));
        ToServer.TunnelMessage refused = line.next(ToServer.TunnelMessage.class);
        assertThat(refused.id().requestId()).isEqualTo(5);
        assertThat(refused.kind())
                .isInstanceOfSatisfying(
                        ToServerKind.WebSocketClose.class,
                        close -> assertThat(close.reason()).contains("ws.meta_not_found_during_restore"));
    }

    @Test
    void closingAsksTheEngineFirst() throws Exception {
        welcomed();
        started("a");
        Thread closing = Thread.ofVirtual().start(runner::close);
        line.next(ToServer.Stopping.class);
        assertThat(runner.isConnected()).isTrue();
        line.stop("a", 0);
        line.next(events(stopped("a", 0, 1))::equals);
        assertThat(line.awaitEnd()).isEqualTo("1000 pegboard.runner_shutdown");
        closing.join();
        assertThat(runner.awaitEnd()).isEqualTo("closed");
    }
}
