package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.base.ActorId;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WebSockets to actors, through a real server and engine, while runners and actors come and go. */
class ActorSocketTest extends SocketCase {
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
}
