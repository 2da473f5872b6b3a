package mayfly.gateway.rivet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Test;

/** Answers in parts: as they come, cut, and too far ahead of the client. */
class StreamedAnswerTest extends GatewayCase {
    private static final byte[] HELLO = "hello".getBytes(UTF_8);

    private final Queue<ToClientKind> heard = new ConcurrentLinkedQueue<>();

    @Test
    void anAnswerInPartsArrivesPartByPart() throws Exception {
        Queue<MessageId> ids = new ConcurrentLinkedQueue<>();
        ScriptedRunner runner = runner((it, id, message) -> {
            if (message instanceof ToClientKind.RequestStart) {
                it.say(
                        id,
                        new ToServerKind.ResponseStart(
                                201, Map.of("content-length", "999"), Optional.of("one ".getBytes(UTF_8)), true));
                ids.add(id);
            }
        });
        Wire client = client();
        client.get("/gateway/" + actor("a") + "/x");
        assertThat(client.line()).contains("201");
        for (String line = client.line(); !line.isEmpty(); line = client.line()) {
            assertThat(line).doesNotContain("999");
        }
        assertThat(client.chunk()).isEqualTo("one ".getBytes(UTF_8));
        MessageId id = ids.remove();
        runner.say(id, new ToServerKind.ResponseChunk("two ".getBytes(UTF_8), false));
        assertThat(client.chunk()).isEqualTo("two ".getBytes(UTF_8));
        runner.say(id, new ToServerKind.ResponseChunk("three".getBytes(UTF_8), true));
        assertThat(client.chunk()).isEqualTo("three".getBytes(UTF_8));
        assertThat(client.chunk()).isEmpty();
    }

    @Test
    void anAnswerInPartsIsCutWhenItsActorStops() throws Exception {
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.RequestStart start) {
                runner.say(id, new ToServerKind.ResponseStart(200, Map.of(), Optional.of(HELLO), true));
                runner.wantsSleep(start.actorId());
            }
        });
        Wire client = client();
        client.get("/gateway/" + actor("a") + "/x");
        while (!client.line().isEmpty()) {}
        assertThat(client.chunk()).isEqualTo(HELLO);
        assertThat(client.atEnd()).isTrue();
    }

    @Test
    void aRunnerThatIsFarAheadOfItsClientLosesThatAnswerOnly() throws Exception {
        ScriptedRunner runner = runner((it, id, message) -> {
            heard.add(message);
            if (message instanceof ToClientKind.RequestStart start
                    && start.path().equals("/flood")) {
                it.say(id, new ToServerKind.ResponseStart(200, Map.of(), Optional.empty(), true));
                for (int i = 0; i < 40; i++) {
                    it.say(id, new ToServerKind.ResponseChunk(new byte[1 << 20], false));
                }
            } else if (message instanceof ToClientKind.RequestStart) {
                it.answer(id, 200, HELLO);
            }
        });
        String actor = actor("a");
        Wire slow = client();
        slow.socket.setReceiveBufferSize(4_096);
        slow.get("/gateway/" + actor + "/flood");
        await().until(() -> heard.stream().anyMatch(it -> it instanceof ToClientKind.RequestAbort));
        assertThat(get("/gateway/" + actor + "/x").text()).isEqualTo("hello");
        assertThat(runner.generation(actor)).isZero();
    }
}
