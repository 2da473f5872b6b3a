package mayfly.gateway.rivet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.base.ActorId;
import mayfly.core.request.RequestTimes;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Test;

/** Sockets that outlive their actors' sleep, through a real server and engine. */
class HibernationTest extends SocketCase {
    @Override
    GatewayTimes gatewayTimes() {
        return new GatewayTimes(
                RequestTimes.HTTP, new RequestTimes(3_000, 10_000, 200, 300, 8, 7, 10), Duration.ofSeconds(1));
    }

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
        echoesFirst = true;
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
