package mayfly.gateway.rivet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.actors.ActorException;
import mayfly.base.ActorId;
import mayfly.core.request.RequestTimes;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Test;

/** Requests to actors, through a real server and engine, to runners that do the worst. */
class HttpRequestTest extends GatewayCase {
    private static final byte[] HELLO = "hello".getBytes(UTF_8);

    private final Queue<ToClientKind> heard = new ConcurrentLinkedQueue<>();

    @Override
    GatewayTimes gatewayTimes() {
        // Those of HTTP, but the answer is waited for 2 s and the actor 1.5 s.
        return new GatewayTimes(
                new RequestTimes(1_500, 2_000, 200, 300, 8, 7, 10),
                RequestTimes.WEB_SOCKET,
                GatewayTimes.DEFAULT.ackMax());
    }

    /** Says hello to everything. */
    private void polite(ScriptedRunner runner, MessageId id, ToClientKind message) {
        heard.add(message);
        if (message instanceof ToClientKind.RequestStart) {
            runner.answer(id, 200, HELLO);
        }
    }

    private ToClientKind.RequestStart next() {
        return (ToClientKind.RequestStart) heard.remove();
    }

    @Test
    void aRequestGoesThereAndTheAnswerComesBack() throws Exception {
        runner(this::polite);
        String actor = actor("a");
        try (Wire client = new Wire(server.address())) {
            client.request(
                    "PUT",
                    "/gateway/" + actor + "@tok/a%20b/c?x=1&y=%41&&z",
                    "body".getBytes(UTF_8),
                    "X-Foo: A",
                    "x-foo: B",
                    "Origin: http://o.example",
                    "Cookie: a=1",
                    "Cookie: b=2");
            Wire.Answer answer = client.read();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).isEqualTo("hello");
            assertThat(answer.headers())
                    .containsEntry("x-own", "yes")
                    .containsEntry("access-control-allow-origin", "http://o.example")
                    .containsEntry("access-control-allow-credentials", "true")
                    .containsEntry("access-control-expose-headers", "*")
                    .containsEntry("vary", "Origin")
                    .containsKey("x-rivet-ray-id");
            ToClientKind.RequestStart start = next();
            assertThat(start.actorId()).isEqualTo(actor);
            assertThat(start.method()).isEqualTo("PUT");
            assertThat(start.path()).isEqualTo("/a%20b/c?x=1&y=%41&&z");
            assertThat(start.body().orElseThrow()).isEqualTo("body".getBytes(UTF_8));
            assertThat(start.stream()).isFalse();
            assertThat(start.headers())
                    .containsEntry("x-foo", "A, B")
                    .containsEntry("cookie", "a=1; b=2")
                    .containsEntry("host", "127.0.0.1")
                    .containsEntry("x-rivet-ray-id", answer.headers().get("x-rivet-ray-id"));
            // and again on the same connection
            assertThat(client.get("/gateway/" + actor).read().text()).isEqualTo("hello");
            assertThat(next().body()).isEmpty();
        }
    }

    @Test
    void everyFormOfAddressReachesItsActor() throws Exception {
        runner(this::polite);
        String actor = actor("a/b");
        String query = "rvt-namespace=default&rvt-key=a,b&rvt-method=";
        assertThat(get("/gateway/kind/x?" + query + "get&own=1").status()).isEqualTo(200);
        assertThat(next().path()).isEqualTo("/x?own=1");
        assertThat(get("/request/y?q", "x-rivet-target: actor", "x-rivet-actor: " + actor)
                        .status())
                .isEqualTo(200);
        assertThat(next().path()).isEqualTo("/request/y?q");
        Wire.Answer made =
                get("/gateway/kind/z?rvt-namespace=default&rvt-key=new&rvt-method=getOrCreate&rvt-pool=pool");
        assertThat(made.status()).isEqualTo(200);
        assertThat(next().actorId()).isNotEqualTo(actor);
        assertThat(get("/gateway/kind/z?rvt-namespace=default&rvt-key=none&rvt-method=get")
                        .text())
                .contains("\"not_found\"");
        assertThat(get("/gateway/kind/z?rvt-namespace=nope&rvt-method=get").text())
                .contains("\"group\":\"namespace\",\"code\":\"not_found\"");
    }

    @Test
    void refusalsAreToldInRivetsWords() throws Exception {
        Wire.Answer unknown = get("/gateway/act01m7z9x6rxhve212h3fp5xer7s/x", "Origin: http://o.example");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.text()).startsWith("{\"group\":\"actor\",\"code\":\"not_found\"");
        assertThat(unknown.headers())
                .containsEntry("x-rivet-error", "actor.not_found")
                .containsEntry("access-control-allow-origin", "http://o.example");
        assertThat(get("/gateway/nosuch/x").status()).isEqualTo(404);
        assertThat(get("/other", "x-rivet-target: actor", "x-rivet-actor: a").status())
                .isEqualTo(404);
    }

    @Test
    void aBrowserMayAskFirst() throws Exception {
        try (Wire client = new Wire(server.address())) {
            Wire.Answer answer = client.request(
                            "OPTIONS",
                            "/gateway/any/x",
                            new byte[0],
                            "Origin: http://o.example",
                            "Access-Control-Request-Headers: x-a, x-b")
                    .read();
            assertThat(answer.status()).isEqualTo(204);
            assertThat(answer.headers())
                    .containsEntry("access-control-allow-origin", "http://o.example")
                    .containsEntry("access-control-allow-headers", "x-a, x-b")
                    .containsEntry("access-control-max-age", "86400")
                    .containsEntry("access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS, PATCH");
        }
    }

    @Test
    void aRequestWaitsForItsActor() throws Exception {
        ScriptedRunner runner = runner(this::polite);
        runner.runs = false;
        String actor = actor("a");
        Wire client = client();
        client.get("/gateway/" + actor + "/x");
        await().until(() -> !runner.starts.isEmpty());
        runner.running(actor);
        assertThat(client.read().text()).isEqualTo("hello");
    }

    @Test
    void aSleepingActorIsWokenByARequest() throws Exception {
        ScriptedRunner runner = runner(this::polite);
        String actor = actor("a");
        assertThat(get("/gateway/" + actor + "/x").status()).isEqualTo(200);
        runner.wantsSleep(actor);
        await().until(() -> engine.load().actorsInMemory() == 0);
        assertThat(get("/gateway/" + actor + "/x").status()).isEqualTo(200);
        assertThat(runner.generation(actor)).isOne();
    }

    @Test
    void anActorThatNeverRunsEndsTheWait() throws Exception {
        ScriptedRunner runner = runner(this::polite);
        runner.runs = false;
        Wire.Answer answer = get("/gateway/" + actor("a") + "/x");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.headers()).containsEntry("x-rivet-error", "guard.actor_ready_timeout");
    }

    @Test
    void aDestroyedActorEndsTheWait() throws Exception {
        ScriptedRunner runner = runner(this::polite);
        runner.runs = false;
        String actor = actor("a");
        Wire client = client();
        client.get("/gateway/" + actor + "/x");
        await().until(() -> server.exchanges() == 1 && !runner.starts.isEmpty());
        engine.catalog().destroy(new ActorId(actor));
        assertThat(client.read().headers().get("x-rivet-error"))
                .isIn("actor.destroyed_while_waiting_for_ready", "actor.not_found");
        assertThat(get("/gateway/" + actor + "/x").status()).isEqualTo(404);
    }

    @Test
    void aRequestIsSentAgainWhenItsActorStoppedBeforeItAnswered() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.RequestStart start) {
                if (sent.incrementAndGet() == 1) {
                    runner.wantsSleep(start.actorId());
                } else {
                    runner.answer(id, 200, start.body().orElseThrow());
                }
            }
        });
        String actor = actor("a");
        try (Wire client = new Wire(server.address())) {
            Wire.Answer answer =
                    client.request("POST", "/gateway/" + actor + "/x", HELLO).read();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).isEqualTo("hello");
            assertThat(sent).hasValue(2);
        }
    }

    @Test
    void aRequestThatIsAlwaysGivenUpIsTriedSevenTimes() throws Exception {
        List<MessageId> attempts = new ArrayList<>();
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.RequestStart) {
                attempts.add(id);
                runner.say(id, new ToServerKind.ResponseAbort());
            }
        });
        Wire.Answer answer = get("/gateway/" + actor("a") + "/x");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.headers()).containsEntry("x-rivet-error", "guard.retry_attempts_exceeded");
        assertThat(attempts).hasSize(7).doesNotHaveDuplicates();
        assertThat(attempts).allMatch(it -> it.messageIndex() == 0);
    }

    @Test
    void whenTheClientLeavesTheRunnerIsTold() throws Exception {
        runner((_, _, message) -> heard.add(message));
        Wire client = client();
        client.get("/gateway/" + actor("a") + "/x");
        await().until(() -> !heard.isEmpty());
        client.close();
        await().until(() -> heard.stream().anyMatch(it -> it instanceof ToClientKind.RequestAbort));
    }

    @Test
    void aClientThatLeavesWhileItWaitsLeavesNothing() throws Exception {
        ScriptedRunner runner = runner(this::polite);
        runner.runs = false;
        Wire client = client();
        client.get("/gateway/" + actor("a") + "/x");
        await().until(() -> server.exchanges() > 0 && !runner.starts.isEmpty());
        client.close();
        await().until(() -> server.exchanges() == 0);
        assertThat(heard).isEmpty();
    }

    @Test
    void anAnswerThatNeverBeginsIsTriedAgain() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        runner((runner, id, message) -> {
            heard.add(message);
            if (message instanceof ToClientKind.RequestStart && sent.incrementAndGet() == 2) {
                runner.answer(id, 200, HELLO);
            }
        });
        assertThat(get("/gateway/" + actor("a") + "/x").text()).isEqualTo("hello");
        assertThat(heard.stream().filter(it -> it instanceof ToClientKind.RequestAbort))
                .hasSize(1);
    }

    @Test
    void answersThatCannotBeSentAreRefusedByName() throws Exception {
        String[] paths = {"/status", "/name", "/value"};
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.RequestStart start) {
                switch (start.path()) {
                    case "/status" ->
                        runner.say(id, new ToServerKind.ResponseStart(101, Map.of(), Optional.empty(), false));
                    case "/name" ->
                        runner.say(
                                id, new ToServerKind.ResponseStart(200, Map.of("a b", "c"), Optional.empty(), false));
                    default ->
                        runner.say(
                                id,
                                new ToServerKind.ResponseStart(200, Map.of("a", "b\r\nc: d"), Optional.empty(), false));
                }
            }
        });
        String actor = actor("a");
        for (String path : paths) {
            Wire.Answer answer = get("/gateway/" + actor + path);
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.headers()).containsEntry("x-rivet-error", "guard.invalid_response");
        }
    }

    @Test
    void bodiesUpToTheLimitGoThrough() throws Exception {
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.RequestStart start) {
                runner.answer(id, 200, start.body().orElse(new byte[0]));
            }
        });
        String actor = actor("a");
        byte[] largest = new byte[20 << 20];
        new java.util.Random(3).nextBytes(largest);
        try (Wire client = new Wire(server.address())) {
            assertThat(client.request("POST", "/gateway/" + actor + "/x", largest)
                            .read()
                            .body())
                    .isEqualTo(largest);
        }
        try (Wire client = new Wire(server.address())) {
            client.send("POST /gateway/" + actor + "/x HTTP/1.1", "Host: h", "Content-Length: " + (largest.length + 1));
            Wire.Answer answer = client.read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.headers()).containsEntry("x-rivet-error", "guard.invalid_request_body");
        }
    }

    @Test
    void answersThatDoNotFitIntoMemoryAreRefusedByName() throws Exception {
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.RequestStart) {
                runner.answer(id, 200, new byte[1 << 20]);
            }
        });
        String actor = actor("a");
        assertThat(get("/gateway/" + actor + "/x").body()).hasSize(1 << 20);
        roomBytes = 1 << 19;
        assertThat(get("/gateway/" + actor + "/x").status()).isEqualTo(502);
    }

    @Test
    void whatRunnersSayOutOfPlaceHarmsNobody() throws Exception {
        runner((runner, id, message) -> {
            if (message instanceof ToClientKind.RequestStart) {
                runner.say(id, new ToServerKind.ResponseChunk(HELLO, true));
                runner.say(id, new ToServerKind.WebSocketOpen(true));
                runner.say(id, new ToServerKind.WebSocketMessage(HELLO, true));
                runner.say(id, new ToServerKind.WebSocketMessageAck(7));
                runner.say(new MessageId(1, 2, 3), new ToServerKind.ResponseAbort());
                runner.answer(id, 200, HELLO);
                runner.answer(id, 500, HELLO);
                runner.say(id, new ToServerKind.ResponseAbort());
            }
        });
        String actor = actor("a");
        try (Wire client = new Wire(server.address())) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.get("/gateway/" + actor + "/x").read().status())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void noActorWithoutARunner() throws ActorException {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> actor("a")).isInstanceOf(ActorException.class);
    }
}
