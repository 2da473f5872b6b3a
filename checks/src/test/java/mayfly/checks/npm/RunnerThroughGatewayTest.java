package mayfly.checks.npm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The whole way: a client, a node, and an unmodified runner of Rivet's in a process of Node.js. */
class RunnerThroughGatewayTest extends RunnerCase {
    private RunnerProcess runner;

    @BeforeEach
    void startRunner() throws IOException {
        runner = runner(Map.of());
    }

    // ---- HTTP

    @Test
    void requestsArriveAsTheyWereSent() throws Exception {
        String actor = actor("a");
        byte[] body = new byte[3_000_000];
        Arrays.fill(body, (byte) 7);
        JsonNode seen = seen(http.send(
                request(actor, "/a%20b/c?x=1&y=%41&&z")
                        .header("X-Own", "é")
                        .PUT(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofByteArray()));
        assertThat(seen.path("url").asString()).endsWith("/a%20b/c?x=1&y=%41&&z");
        assertThat(seen.path("method").asString()).isEqualTo("PUT");
        assertThat(seen.path("count").asInt()).isEqualTo(body.length);
        assertThat(Base64.getDecoder().decode(seen.path("body").asString())).isEqualTo(body);
        assertThat(seen.path("headers").path("x-rivet-ray-id").asString()).isNotEmpty();
        assertThat(seen.path("generation").asInt()).isZero();
    }

    @Test
    void answersComeBackAsTheyWereGiven() throws Exception {
        String actor = actor("a");
        assertThat(get(actor, "/big?n=5000000").body()).hasSize(5_000_000);
        HttpResponse<byte[]> moved = get(actor, "/status?n=302");
        assertThat(moved.statusCode()).isEqualTo(302);
        assertThat(moved.headers().firstValue("location")).contains("/elsewhere");
        assertThat(moved.headers().firstValue("x-own")).contains("a");
        assertThat(moved.headers().firstValue("access-control-allow-origin")).contains("*");
        HttpResponse<byte[]> failed = get(actor, "/fail");
        assertThat(failed.statusCode()).isEqualTo(500);
        assertThat(failed.body()).isEqualTo("Internal Server Error".getBytes(UTF_8));
        HttpResponse<byte[]> head = http.send(
                request(actor, "/plain").method("HEAD", BodyPublishers.noBody()).build(), BodyHandlers.ofByteArray());
        assertThat(head.headers().firstValue("content-length")).contains("5");
    }

    @Test
    void aRequestWakesItsActor() throws Exception {
        String actor = actor("a");
        for (int generation = 0; generation < 4; generation++) {
            assertThat(seen(get(actor, "/x")).path("generation").asInt()).isEqualTo(generation);
            get(actor, "/sleep");
            int stops = generation + 1;
            await().until(() -> runner.told("stop").size() == stops);
        }
    }

    @Test
    void aRequestThatItsActorSleptOnIsSentAgain() throws Exception {
        String actor = actor("a");
        CompletableFuture<HttpResponse<String>> answer =
                http.sendAsync(request(actor, "/sleep-first?n=1000").build(), BodyHandlers.ofString());
        // sleeps each time that it is asked to, until the attempts are used up
        HttpResponse<String> last = answer.get(60, TimeUnit.SECONDS);
        assertThat(last.statusCode()).isEqualTo(502);
        assertThat(last.headers().firstValue("x-rivet-error")).contains("guard.retry_attempts_exceeded");
        assertThat(runner.told("start")).hasSize(7);
    }

    @Test
    void manyRequestsWaitForAnActorThatStarts() throws Exception {
        String actor = actor("slow-start");
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(http.sendAsync(request(actor, "/plain").build(), BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS).body()).isEqualTo("hello");
        }
        assertThat(runner.told("start")).hasSize(1);
    }

    @Test
    void aRequestOutlivesItsRunner() throws Exception {
        String actor = actor("a");
        assertThat(get(actor, "/plain").statusCode()).isEqualTo(200);
        CompletableFuture<HttpResponse<String>> answer =
                http.sendAsync(request(actor, "/slow?n=20000").build(), BodyHandlers.ofString());
        await().until(() -> engineHasRequest(actor));
        runner.kill9();
        runner = runner(Map.of());
        assertThat(get(actor, "/plain").body()).isEqualTo("hello".getBytes(UTF_8));
        answer.cancel(true);
    }

    /** Whether the request has had time to arrive: one behind it was answered. */
    private boolean engineHasRequest(String actor) throws Exception {
        return get(actor, "/plain").statusCode() == 200;
    }

    // ---- WebSockets

    @Test
    void messagesGoBothWays() throws Exception {
        Client client = new Client(actor("a"), "/socket%20x?y=%20");
        assertThat(client.socket.getSubprotocol()).isEqualTo("rivet");
        assertThat(client.say("one").next()).isEqualTo("0 one");
        client.socket.sendBinary(ByteBuffer.wrap(new byte[3_000_000]), true).join();
        assertThat(client.next()).isEqualTo("3000000 bytes");
        client.say("flood 2000");
        for (int i = 0; i < 2_000; i++) {
            assertThat(client.next()).isEqualTo("flood " + i);
        }
        assertThat(client.say("close").next()).isEqualTo("closed 4001 as asked");
        JsonNode socket = runner.told("socket").getFirst();
        assertThat(socket.path("path").asString()).isEqualTo("/socket%20x?y=%20");
        assertThat(socket.path("hibernates").asBoolean()).isFalse();
    }

    @Test
    void whatIsSaidAtOnceIsHeard() throws Exception {
        Client client = new Client(actor("slow-start"), "/slow-open").say("early");
        assertThat(client.next()).isEqualTo("0 early");
    }

    @Test
    void theEndsOfSocketsAreTold() throws Exception {
        String actor = actor("a");
        Client leaving = new Client(actor, "/s");
        leaving.say("x").next();
        leaving.socket.sendClose(4005, "mine").join();
        await().until(() -> runner.told("closed").stream()
                .anyMatch(it -> it.path("code").asInt() == 4005
                        && it.path("reason").asString().equals("mine")));
        Client cut = new Client(actor, "/s");
        cut.say("x").next();
        cut.socket.abort();
        await().until(() -> runner.told("closed").stream()
                .anyMatch(it -> it.path("reason").asString().equals("ws.downstream_closed")));
        Client stopped = new Client(actor, "/s");
        assertThat(stopped.say("sleep").next()).isEqualTo("closed 1000 actor.stopped");
        assertThat(new Client(actor, "/refuse").next()).startsWith("closed 1011 guard.");
    }

    @Test
    void aSocketHibernates() throws Exception {
        String actor = actor("a");
        Client client = new Client(actor, "/hibernate");
        for (int generation = 0; generation < 5; generation++) {
            assertThat(client.say("hello").next()).isEqualTo(generation + " hello");
            client.say("sleep");
            int stops = generation + 1;
            await().until(() -> runner.told("stop").size() == stops);
        }
        assertThat(runner.told("socket").stream()
                        .map(it -> it.path("restoring").asBoolean())
                        .toList())
                .containsExactly(false, true, true, true, true);
        assertThat(runner.told("message").stream()
                        .map(it -> it.path("index").asInt())
                        .toList())
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        client.say("last");
        assertThat(client.next()).isEqualTo("5 last");
        client.socket.sendClose(1000, "end").join();
        await().until(() -> !runner.told("closed").isEmpty());
    }

    @Test
    void whatAnActorDidNotAcknowledgeItHearsAgain() throws Exception {
        String actor = actor("a");
        Client client = new Client(actor, "/hibernate-no-ack");
        assertThat(client.say("one").next()).isEqualTo("0 one");
        client.say("sleep");
        // It persisted no index, so at its next start it hears both again, and sleeps again.
        await().atMost(Duration.ofSeconds(30)).until(() -> runner.told("stop").size() >= 2);
        assertThat(client.next()).isEqualTo("1 one");
        client.socket.abort();
    }
}
