package mayfly.gateway.rivet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import mayfly.base.ActorId;
import mayfly.core.request.RequestTimes;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;

/** Runners that echo what sockets say, and keep what they heard. */
abstract class SocketCase extends GatewayCase {
    /** What the runner heard: its message id and the message. */
    record Heard(MessageId id, ToClientKind message) {
        String text() {
            return message instanceof ToClientKind.WebSocketMessage it
                    ? new String(it.data(), UTF_8)
                    : message.toString();
        }
    }

    final Queue<Heard> heard = new ConcurrentLinkedQueue<>();
    final Map<String, MessageId> opened = new ConcurrentHashMap<>();
    volatile boolean hibernates;
    volatile boolean takes = true;
    volatile boolean echoes = true;
    /** Whether what it acknowledged it has done. */
    volatile boolean echoesFirst;

    volatile boolean acknowledges;

    @Override
    GatewayTimes gatewayTimes() {
        return new GatewayTimes(
                RequestTimes.HTTP, new RequestTimes(1_500, 700, 200, 300, 8, 7, 10), Duration.ofSeconds(1));
    }

    /** Takes every socket and sends back what is said. */
    void echo(ScriptedRunner runner, MessageId id, ToClientKind message) {
        heard.add(new Heard(id, message));
        switch (message) {
            case ToClientKind.WebSocketOpen open -> {
                opened.put(open.actorId(), id);
                if (takes) {
                    runner.say(id, new ToServerKind.WebSocketOpen(hibernates));
                }
            }
            case ToClientKind.WebSocketMessage(var data, var binary) -> {
                ToServerKind acknowledgement = new ToServerKind.WebSocketMessageAck(id.messageIndex());
                if (acknowledges && !echoesFirst) {
                    runner.say(id, acknowledgement);
                }
                if (echoes) {
                    runner.say(id, new ToServerKind.WebSocketMessage(data, binary));
                }
                if (acknowledges && echoesFirst) {
                    runner.say(id, acknowledgement);
                }
            }
            default -> {}
        }
    }

    Wire open(String actor, String path, String protocols) throws IOException {
        Wire client = client();
        Wire.Answer answer =
                client.upgrade("/gateway/" + actor + path, "Sec-WebSocket-Protocol: " + protocols, "X-Own: 1");
        assertThat(answer.status()).isEqualTo(101);
        assertThat(answer.headers())
                .containsEntry("sec-websocket-protocol", "rivet")
                .containsKey("x-rivet-ray-id");
        return client;
    }

    Wire open(String actor) throws IOException {
        return open(actor, "/s", "rivet");
    }

    void awaitMessages(int count) {
        await().until(() -> messages().size() >= count);
    }

    List<Heard> messages() {
        return heard.stream()
                .filter(it -> it.message() instanceof ToClientKind.WebSocketMessage)
                .toList();
    }

    List<String> texts() {
        return messages().stream().map(Heard::text).toList();
    }

    List<Integer> indexes() {
        return messages().stream().map(it -> it.id().messageIndex()).toList();
    }

    void asleep(ScriptedRunner runner, String actor) {
        runner.wantsSleep(actor);
        await().until(() ->
                engine.catalog().get(new ActorId(actor)).orElseThrow().state()
                        instanceof mayfly.core.actor.Actor.Sleeping);
    }

    void awaitClose(OptionalInt code, Optional<String> reason) {
        await().until(() ->
                heard.stream().anyMatch(it -> it.message().equals(new ToClientKind.WebSocketClose(code, reason))));
        await().until(() -> engine.load().tunnels() == 0);
    }
}
