package mayfly.gateway.rivet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import mayfly.base.ActorId;
import mayfly.core.request.RequestTimes;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WebSockets to actors, through a real server and engine, while runners and actors come and go. */
class ActorSocketTest extends GatewayCase {
    /** What the runner heard: its message id and the message. */
    record Heard(MessageId id, ToClientKind message) {
        String text() {
            return message instanceof ToClientKind.WebSocketMessage it
                    ? new String(it.data(), UTF_8)
                    : message.toString();
        }
    }

    private final Queue<Heard> heard = new ConcurrentLinkedQueue<>();
    private final Map<String, MessageId> opened = new ConcurrentHashMap<>();
    private volatile boolean hibernates;
    private volatile boolean takes = true;
    private volatile boolean echoes = true;
    private volatile boolean acknowledges;

    @Override
    GatewayTimes gatewayTimes() {
        return new GatewayTimes(
                RequestTimes.HTTP, new RequestTimes(1_500, 700, 200, 300, 8, 7, 10), Duration.ofSeconds(1));
    }

    /** Takes every socket and sends back what is said. */
    private void echo(ScriptedRunner runner, MessageId id, ToClientKind message) {
        heard.add(new Heard(id, message));
        switch (message) {
            case ToClientKind.WebSocketOpen open -> {
                opened.put(open.actorId(), id);
                if (takes) {
                    runner.say(id, new ToServerKind.WebSocketOpen(hibernates));
                }
            }
            case ToClientKind.WebSocketMessage(var data, var binary) -> {
                if (echoes) {
                    runner.say(id, new ToServerKind.WebSocketMessage(data, binary));
                }
                if (acknowledges) {
                    runner.say(id, new ToServerKind.WebSocketMessageAck(id.messageIndex()));
                }
            }
            default -> {}
        }
    }

    private Wire open(String actor, String path, String protocols) throws IOException {
        Wire client = client();
        Wire.Answer answer =
                client.upgrade("/gateway/" + actor + path, "Sec-WebSocket-Protocol: " + protocols, "X-Own: 1");
        assertThat(answer.status()).isEqualTo(101);
        assertThat(answer.headers())
                .containsEntry("sec-websocket-protocol", "rivet")
                .containsKey("x-rivet-ray-id");
        return client;
    }

    private Wire open(String actor) throws IOException {
        return open(actor, "/s", "rivet");
    }

    private void awaitMessages(int count) {
        await().until(() -> messages().size() >= count);
    }

    private List<Heard> messages() {
        return heard.stream()
                .filter(it -> it.message() instanceof ToClientKind.WebSocketMessage)
                .toList();
    }

    private List<String> texts() {
        return messages().stream().map(Heard::text).toList();
    }

    private List<Integer> indexes() {
        return messages().stream().map(it -> it.id().messageIndex()).toList();
    }

    private void asleep(ScriptedRunner runner, String actor) {
        runner.wantsSleep(actor);
        await().until(() ->
                engine.catalog().get(new ActorId(actor)).orElseThrow().state()
                        instanceof mayfly.core.actor.Actor.Sleeping);
    }

    // ---- open sockets

    @Test
    void messagesGoBothWaysInOrder() throws Exception {
        runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor, "/s%20t?x=1&&y", "rivet, rivet_token.t");
        client.text("one").frame(Wire.BINARY, new byte[] {1, 2}).text("three");
        assertThat(client.frame().text()).isEqualTo("one");
        Wire.Frame second = client.frame();
        assertThat(second.first()).isEqualTo(Wire.BINARY);
        assertThat(second.payload()).containsExactly(1, 2);
        assertThat(client.frame().text()).isEqualTo("three");
        assertThat(indexes()).containsExactly(1, 2, 3);
        Heard open = heard.remove();
        assertThat(open.id().messageIndex()).isZero();
        assertThat(open.message()).isInstanceOfSatisfying(ToClientKind.WebSocketOpen.class, it -> {
            assertThat(it.actorId()).isEqualTo(actor);
            assertThat(it.path()).isEqualTo("/s%20t?x=1&&y");
            assertThat(it.headers())
                    .containsEntry("x-own", "1")
                    .containsEntry("sec-websocket-protocol", "rivet, rivet_token.t")
                    .containsKey("x-rivet-ray-id");
        });
    }

    @Test
    void anActorByItsSubprotocol() throws Exception {
        runner(this::echo);
        Wire client = client();
        client.upgrade("/any?q", "Sec-WebSocket-Protocol: rivet, rivet_target.actor, rivet_actor." + actor("a"));
        assertThat(client.text("x").frame().text()).isEqualTo("x");
        assertThat(((ToClientKind.WebSocketOpen) heard.remove().message()).path())
                .isEqualTo("/any?q");
    }

    @Test
    void whatIsSaidBeforeTheActorTookItWaits() throws Exception {
        takes = false;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor).text("one").text("two");
        await().until(() -> opened.containsKey(actor));
        assertThat(messages()).isEmpty();
        runner.say(opened.get(actor), new ToServerKind.WebSocketOpen(false));
        client.text("three");
        awaitMessages(3);
        assertThat(texts()).containsExactly("one", "two", "three");
        assertThat(indexes()).containsExactly(1, 2, 3);
    }

    @Test
    void aClientThatSaysTooMuchTooEarlyIsMadeToWait() throws Exception {
        takes = false;
        echoes = false;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        Thread talking = Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < 200; i++) {
                    client.frame(Wire.BINARY, new byte[200_000]);
                }
            } catch (IOException e) {
                failures.add(e);
            }
        });
        await().until(() -> opened.containsKey(actor));
        await().during(Duration.ofMillis(200)).until(talking::isAlive);
        runner.say(opened.get(actor), new ToServerKind.WebSocketOpen(false));
        awaitMessages(200);
        talking.join();
    }

    @ParameterizedTest
    @CsvSource({"4001, bye, 4001", "1000, '', 1000", "1006, gone, 1011", "3000, r, 3000", "0, r, 1011"})
    void theActorsCloseReachesTheClient(int code, String reason, int seen) throws Exception {
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("x").frame();
        runner.closeSocket(opened.get(actor), code, reason);
        assertThat(client.frame().close()).isEqualTo(seen + " " + reason);
    }

    @Test
    void aCloseWithoutACodeIsANormalOne() throws Exception {
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("x").frame();
        runner.say(opened.get(actor), new ToServerKind.WebSocketClose(OptionalInt.empty(), Optional.empty(), false));
        assertThat(client.frame().close()).isEqualTo("1000 ");
    }

    @Test
    void theClientsCloseReachesTheActor() throws Exception {
        runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("x").frame();
        client.frame(Wire.CLOSE, new byte[] {0x0f, (byte) 0xa1, 'b', 'y', 'e'});
        assertThat(client.frame().close()).isEqualTo("4001 bye");
        awaitClose(OptionalInt.of(4001), Optional.of("bye"));
    }

    @Test
    void aClientThatIsCutIsGoneForTheActor() throws Exception {
        runner(this::echo);
        Wire client = open(actor("a"));
        client.text("x").frame();
        client.close();
        awaitClose(OptionalInt.of(1011), Optional.of("ws.downstream_closed"));
    }

    private void awaitClose(OptionalInt code, Optional<String> reason) {
        await().until(() ->
                heard.stream().anyMatch(it -> it.message().equals(new ToClientKind.WebSocketClose(code, reason))));
        await().until(() -> engine.load().tunnels() == 0);
    }

    @Test
    void aStoppedActorClosesSocketsThatCannotHibernate() throws Exception {
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("x").frame();
        runner.wantsSleep(actor);
        assertThat(client.frame().close()).isEqualTo("1000 actor.stopped");
    }

    // ---- openings that fail

    @Test
    void refusalsAreCloseFrames() throws Exception {
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.WebSocketOpen) {
                runner.closeSocket(id, 1011, "Server Error");
            }
        });
        assertThat(open("act01m7z9x6rxhve212h3fp5xer7s").frame().close()).startsWith("1011 actor.not_found#");
        assertThat(open("nosuch").frame().close()).startsWith("1011 actor.not_found#");
        assertThat(open(actor("a")).frame().close()).startsWith("1011 guard.websocket_service_unavailable#");
        Wire named = client();
        named.upgrade("/gateway/x/y?rvt-namespace=nope&rvt-method=get", "Sec-WebSocket-Protocol: rivet");
        assertThat(named.frame().close()).startsWith("1011 namespace.not_found#");
    }

    @Test
    void anActorThatDoesNotRunOrAnswerEndsTheOpening() throws Exception {
        takes = false;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        await().until(() ->
                engine.catalog().get(new ActorId(actor)).orElseThrow().state()
                        instanceof mayfly.core.actor.Actor.Running);
        runner.runs = false;
        String silent = actor("b");
        assertThat(open(silent).frame().close()).startsWith("1011 guard.actor_ready_timeout#");
        assertThat(open(actor).frame().close()).startsWith("1011 guard.retry_attempts_exceeded#");
        assertThat(heard.stream().filter(it -> it.message() instanceof ToClientKind.WebSocketOpen))
                .hasSize(7);
    }

    @Test
    void aClientThatLeavesWhileItIsOpenedLeavesNothing() throws Exception {
        takes = false;
        runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        await().until(() -> opened.containsKey(actor));
        client.close();
        awaitClose(OptionalInt.of(1011), Optional.of("ws.downstream_closed"));
        await().until(() -> server.exchanges() == 0);
    }

    // ---- hibernation

    @Test
    void aSocketOutlivesItsActorsSleep() throws Exception {
        hibernates = true;
        acknowledges = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        assertThat(client.text("one").frame().text()).isEqualTo("one");
        asleep(runner, actor);
        assertThat(client.text("two").frame().text()).isEqualTo("two");
        assertThat(runner.generation(actor)).isOne();
        assertThat(texts()).containsExactly("one", "two");
        assertThat(indexes()).containsExactly(1, 2);
        assertThat(heard.stream().filter(it -> it.message() instanceof ToClientKind.WebSocketOpen))
                .hasSize(1);
        MessageId id = opened.get(actor);
        assertThat(messages()).allMatch(it -> it.id().requestId() == id.requestId());
        List<List<HibernatingRequest>> listed =
                runner.starts.stream().map(it -> it.hibernatingRequests()).toList();
        assertThat(listed).containsExactly(List.of(), List.of(new HibernatingRequest(id.gatewayId(), id.requestId())));
        client.close();
        await().until(() -> gateway.hibernating() == 0);
    }

    @Test
    void anotherWakeResumesItToo() throws Exception {
        hibernates = true;
        acknowledges = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("one").frame();
        asleep(runner, actor);
        engine.catalog().wake(new ActorId(actor));
        await().until(() -> runner.generation(actor) == 1);
        MessageId id = opened.get(actor);
        await().until(() -> {
            runner.say(id, new ToServerKind.WebSocketMessage("from the actor".getBytes(UTF_8), false));
            return client.in.available() > 0;
        });
        assertThat(client.frame().text()).isEqualTo("from the actor");
        assertThat(texts()).containsExactly("one");
    }

    @Test
    void whatWasNotAcknowledgedIsSentAgainWithItsNumber() throws Exception {
        hibernates = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("one").text("two").text("three");
        awaitMessages(3);
        runner.say(opened.get(actor), new ToServerKind.WebSocketMessageAck(1));
        runner.wantsSleep(actor);
        await().until(() -> runner.generation(actor) == 1); // woken for what it may not have heard
        client.text("four");
        awaitMessages(6);
        assertThat(texts()).containsExactly("one", "two", "three", "two", "three", "four");
        assertThat(indexes()).containsExactly(1, 2, 3, 2, 3, 4);
        runner.wantsSleep(actor);
        await().until(() -> runner.generation(actor) == 2); // for the fourth
        awaitMessages(9);
        asleep(runner, actor); // what was sent twice wakes nobody
    }

    @Test
    void aMessageThatIsNeverAcknowledgedEndsTheSocket() throws Exception {
        hibernates = true;
        runner(this::echo);
        Wire client = open(actor("a"));
        client.text("one").frame();
        assertThat(client.frame().close()).startsWith("1011 guard.tunnel_message_timeout#");
        await().until(() -> gateway.hibernating() == 0);
    }

    @Test
    void aClientThatLeavesWhileItsActorSleepsIsForgotten() throws Exception {
        hibernates = true;
        acknowledges = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("one").frame();
        asleep(runner, actor);
        client.close();
        await().until(() -> gateway.hibernating() == 0);
        await().until(() -> engine.load().actorsInMemory() == 0);
        engine.catalog().wake(new ActorId(actor));
        await().until(() -> runner.starts.size() == 2);
        assertThat(runner.starts).allMatch(it -> it.hibernatingRequests().isEmpty());
    }

    @Test
    void aDestroyedActorEndsItsSleepingSockets() throws Exception {
        hibernates = true;
        acknowledges = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("one").frame();
        asleep(runner, actor);
        engine.catalog().destroy(new ActorId(actor));
        assertThat(client.frame().close()).isEqualTo("1000 actor.destroyed");
    }

    @Test
    void anActorThatCannotBeWokenEndsItsSleepingSockets() throws Exception {
        hibernates = true;
        acknowledges = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("one").frame();
        asleep(runner, actor);
        runner.runs = false;
        client.text("two");
        assertThat(client.frame().close()).startsWith("1011 guard.actor_ready_timeout#");
    }

    @Test
    void theRunnerMayLetGoOfASocketWithoutEndingIt() throws Exception {
        hibernates = true;
        acknowledges = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        Wire client = open(actor);
        client.text("one").frame();
        runner.say(opened.get(actor), new ToServerKind.WebSocketClose(OptionalInt.empty(), Optional.empty(), true));
        asleep(runner, actor);
        assertThat(client.text("two").frame().text()).isEqualTo("two");
    }

    @Test
    void manySocketsAndManySleepsLoseNothing() throws Exception {
        hibernates = true;
        acknowledges = true;
        ScriptedRunner runner = runner(this::echo);
        String actor = actor("a");
        List<Wire> clients = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            clients.add(open(actor));
        }
        for (int round = 0; round < 8; round++) {
            for (Wire client : clients) {
                client.text("round " + round);
            }
            if (round % 2 == 0) {
                runner.wantsSleep(actor); // among the messages
            }
            for (Wire client : clients) {
                for (String text = client.frame().text();
                        !text.equals("round " + round);
                        text = client.frame().text()) {
                    assertThat(text).isEqualTo("round " + (round - 1)); // sent again
                }
            }
        }
        for (Wire client : clients) {
            client.close();
        }
        await().until(() -> gateway.hibernating() == 0);
    }
}
