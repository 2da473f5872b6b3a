package mayfly.checks.npm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A runner whose connection to the node breaks, and which comes back by itself. */
class RunnerCutTest extends RunnerCase {
    private RunnerProcess runner;

    @BeforeEach
    void startRunner() throws IOException {
        runner = runner(Map.of());
    }

    private CutProxy proxy;

    @Override
    String endpoint() throws IOException {
        if (proxy == null) {
            proxy = new CutProxy(node.port());
        }
        return proxy.url();
    }

    @AfterEach
    void closeProxy() throws IOException {
        proxy.close();
    }

    private void awaitBack() {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !runner.told("disconnected").isEmpty()
                        && runner.told("connected").size()
                                == 1 + runner.told("disconnected").size());
    }

    @Test
    void aRequestInTheGapIsAnsweredAfterIt() throws Exception {
        String actor = actor("a");
        assertThat(get(actor, "/plain").statusCode()).isEqualTo(200);
        for (int round = 1; round <= 3; round++) {
            proxy.cut();
            JsonNode seen = seen(get(actor, "/echo"));
            assertThat(seen.path("generation").asInt()).isZero();
            int cuts = round;
            await().until(() -> runner.told("disconnected").size() == cuts);
            awaitBack();
        }
        assertThat(runner.told("start")).hasSize(1);
    }

    @Test
    void aRequestThatRunsOverTheGapIsAnswered() throws Exception {
        String actor = actor("a");
        assertThat(get(actor, "/plain").statusCode()).isEqualTo(200);
        CompletableFuture<HttpResponse<String>> slow =
                http.sendAsync(request(actor, "/slow?n=4000").build(), BodyHandlers.ofString());
        assertThat(get(actor, "/plain").statusCode()).isEqualTo(200); // so that one has arrived
        proxy.cut();
        assertThat(slow.get(30, TimeUnit.SECONDS).body()).isEqualTo("slept 4000");
        assertThat(runner.told("start")).hasSize(1);
    }

    @Test
    void socketsGoOnOverTheGap() throws Exception {
        String actor = actor("a");
        Client plain = new Client(actor, "/s");
        Client hibernating = new Client(actor, "/hibernate");
        assertThat(plain.say("one").next()).isEqualTo("0 one");
        assertThat(hibernating.say("one").next()).isEqualTo("0 one");
        proxy.cut();
        awaitBack();
        for (int i = 0; i < 50; i++) {
            plain.say("word " + i);
            hibernating.say("word " + i);
        }
        for (int i = 0; i < 50; i++) {
            assertThat(plain.next()).isEqualTo("0 word " + i);
            assertThat(hibernating.next()).isEqualTo("0 word " + i);
        }
        assertThat(runner.told("start")).hasSize(1);
    }

    @Test
    void aRunnerThatStaysAwayLosesItsActorsToAnother() throws Exception {
        String actor = actor("a");
        assertThat(get(actor, "/plain").statusCode()).isEqualTo(200);
        proxy.away = true;
        proxy.cut();
        try (RunnerProcess other = RunnerProcess.start(packages, node.url(), pool, Map.of())) {
            JsonNode seen = seen(get(actor, "/echo"));
            assertThat(seen.path("generation").asInt()).isOne();
            assertThat(other.told("start")).hasSize(1);
        }
    }
}
