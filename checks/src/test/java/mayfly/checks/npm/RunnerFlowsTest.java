package mayfly.checks.npm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What becomes of actors on unmodified runners of Rivet's: sleep, drains, crashes, alarms, what they keep, killed nodes. */
@Timeout(120)
class RunnerFlowsTest extends RunnerCase {
    private JsonNode answer(String actor, String path) throws Exception {
        return send("GET", "/gateway/" + actor + path, "");
    }

    private JsonNode view(String actor) throws Exception {
        return send("GET", "/actors?namespace=default&actor_ids=" + actor, "")
                .path("actors")
                .path(0);
    }

    private void awaitAsleep(String actor) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> view(actor).path("sleep_ts").isNumber()
                        && !view(actor).path("connectable_ts").isNumber());
    }

    private static long told(RunnerProcess runner, String what, String actor) {
        return runner.told(what).stream()
                .filter(it -> it.path("actor").asString().equals(actor))
                .count();
    }

    @Test
    void aSecondWishToSleepIsIgnored() throws Exception {
        RunnerProcess runner = runner(Map.of("STOP_MS", "300"));
        String actor = actor("a", "restart");
        answer(actor, "/sleep-twice");
        await().until(() -> told(runner, "stop", actor) == 1);
        assertThat(answer(actor, "/x").path("generation").asInt()).isOne();
        assertThat(told(runner, "stop", actor)).isOne();
        assertThat(told(runner, "start", actor)).isEqualTo(2);
    }

    @Test
    void aWakeWhileItStopsIsKept() throws Exception {
        RunnerProcess runner = runner(Map.of("STOP_MS", "700"));
        String actor = actor("a", "restart");
        answer(actor, "/sleep");
        await().until(() -> told(runner, "stop", actor) == 1);
        assertThat(answer(actor, "/x").path("generation").asInt()).isOne();
    }

    @Test
    void everyWakeIsQuickThoughEachSleepIsToldAsAnError() throws Exception {
        RunnerProcess runner = runner(Map.of());
        String actor = actor("a", "restart");
        for (int i = 0; i < 5; i++) {
            assertThat(answer(actor, "/x").path("generation").asInt()).isEqualTo(i);
            answer(actor, "/sleep");
            awaitAsleep(actor);
            assertThat(view(actor).path("error").isMissingNode()
                            || view(actor).path("error").isNull())
                    .isTrue();
            assertThat(view(actor).path("reschedule_ts").isNumber()).isFalse();
        }
        assertThat(told(runner, "start", actor)).isEqualTo(5);
    }

    @Test
    void theActorsOfARunnerThatLeavesMoveToAnother() throws Exception {
        RunnerProcess first = runner(Map.of());
        String actor = actor("a", "restart");
        answer(actor, "/x");
        RunnerProcess second = runner(Map.of());
        answer(actor, "/shutdown");
        await().atMost(Duration.ofSeconds(30)).until(() -> told(second, "start", actor) == 1);
        assertThat(told(first, "stop", actor)).isOne();
        assertThat(answer(actor, "/x").path("generation").asInt()).isOne();
    }

    @Test
    void theActorsOfAKilledRunnerRunOnAnother() throws Exception {
        RunnerProcess first = runner(Map.of());
        String actor = actor("a", "restart");
        answer(actor, "/x");
        RunnerProcess second = runner(Map.of());
        first.kill9();
        assertThat(answer(actor, "/x").path("generation").asInt()).isOne();
        assertThat(told(second, "start", actor)).isOne();
    }

    @Test
    void anAlarmWakesASleeper() throws Exception {
        RunnerProcess runner = runner(Map.of());
        String actor = actor("a", "restart");
        answer(actor, "/alarm?n=1200");
        answer(actor, "/sleep");
        awaitAsleep(actor);
        await().atMost(Duration.ofSeconds(30)).until(() -> told(runner, "start", actor) == 2);
    }

    @Test
    void whatAnActorKeepsIsKept() throws Exception {
        runner(Map.of());
        String actor = actor("a", "restart");
        JsonNode seen = answer(actor, "/kv");
        assertThat(seen.path("got").toString()).isEqualTo("[\"3\",null,\"1\"]");
        assertThat(seen.path("all").toString()).isEqualTo("[\"a1=1\",\"a2=2\",\"b1=3\",\"b2=4\",\"kept=v\"]");
        assertThat(seen.path("last").toString()).isEqualTo("[\"kept=v\",\"b2=4\"]");
        assertThat(seen.path("prefix").toString()).isEqualTo("[\"a1=1\",\"a2=2\"]");
        assertThat(seen.path("range").toString()).isEqualTo("[\"a1=1\",\"a2=2\"]");
        assertThat(seen.path("left").toString()).isEqualTo("[\"a2=2\",\"b2=4\",\"kept=v\"]");
        assertThat(answer(actor, "/too-long").asString()).contains("key is too long");
        answer(actor, "/sleep");
        awaitAsleep(actor);
        assertThat(answer(actor, "/kept").toString()).isEqualTo("[\"v\"]");
    }

    @Test
    void anActorThatFailsToStartSleepsWithItsError() throws Exception {
        runner(Map.of());
        String actor = actor("fail-start", "sleep");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> view(actor).path("error").path("crashed").isObject());
    }

    @Test
    void aDestroyedActorIsGone() throws Exception {
        runner(Map.of());
        String actor = actor("a", "restart");
        answer(actor, "/destroy");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> view(actor).path("destroy_ts").isNumber());
        assertThat(actor("a", "restart")).isNotEqualTo(actor);
    }

    @Test
    void aRunningActorIsNotStartedAgainWhenItsNodeIsKilled() throws Exception {
        RunnerProcess runner = runner(Map.of());
        String running = actor("running", "restart");
        String asleep = actor("asleep", "restart");
        answer(running, "/kv");
        answer(asleep, "/kv");
        answer(asleep, "/alarm?n=1500");
        answer(asleep, "/sleep");
        awaitAsleep(asleep);
        node = node.restarted();
        assertThat(answer(running, "/x").path("generation").asInt()).isZero();
        assertThat(answer(running, "/kept").toString()).isEqualTo("[\"v\"]");
        await().atMost(Duration.ofSeconds(30)).until(() -> told(runner, "start", asleep) == 2);
        assertThat(answer(asleep, "/kept").toString()).isEqualTo("[\"v\"]");
        assertThat(told(runner, "start", running)).isOne();
    }
}
