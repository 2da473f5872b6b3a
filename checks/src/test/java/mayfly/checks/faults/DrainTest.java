package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM: what runs is finished, what comes is refused, what was accepted is kept for the next node. */
class DrainTest {
    private static final String SLEEP = "import time\ndef handler(event):\n    time.sleep(event)\n    return event\n";

    @TempDir
    Path directory;

    @Test
    void callsInFlightFinishAndNewOnesAreRefused() throws Exception {
        ChildNode.Launch launch = ChildNode.at(directory.resolve("data"));
        ChildNode node = launch.start().requireSandboxes();
        Rest rest = node.rest();
        rest.deployed("f", SLEEP, Map.of("max_machines", 2, "memory_mb", 64));
        rest.deployed("one", SLEEP, Map.of("max_machines", 1, "memory_mb", 64));
        String running = rest.started(Map.of(), "sleep", "1000");
        String first = rest.async("one", 1);
        String second = rest.async("one", 0);
        CompletableFuture<Reply> inFlight = rest.invokeLater("f", 2);
        await().until(() -> rest.get("/api/v1/functions/f")
                        .json()
                        .path("machines")
                        .path("busy")
                        .asInt()
                == 1);

        node.terminate();
        await().until(() -> refusal(rest) != null);
        Reply refused = refusal(rest);
        if (refused != null && refused.status() != 0) {
            assertThat(refused.code()).isEqualTo("node.draining");
        }
        Reply finished = inFlight.join();
        assertThat(finished.text()).as("%s", finished).isEqualTo("2");
        assertThat(node.process().onExit().join().exitValue()).isIn(0, 143);
        assertThat(Traces.processes(node).values()).as("only the task goes on").noneMatch(it -> it.contains("python3"));

        try (ChildNode next = launch.start()) {
            assertThat(next.rest().ended(first).field("status")).isEqualTo("success");
            assertThat(next.rest().ended(second).field("status")).isEqualTo("success");
            assertThat(next.rest().ended(finished.header("mayfly-invocation")).field("status"))
                    .isEqualTo("success");
            assertThat(next.rest().get("/api/v1/tasks/" + running).field("status"))
                    .isEqualTo("running");
            next.rest().post("/api/v1/tasks/" + running + "/kill", Map.of("signal", "KILL"));
            assertThat(next.rest().taskEnded(running).field("status")).isEqualTo("killed");
        }
    }

    /** Null while it still serves; a connection that is refused counts as status 0. */
    private static Reply refusal(Rest rest) {
        try {
            Reply reply = rest.invoke("f", 0);
            return reply.status() == 200 ? null : reply;
        } catch (CompletionException e) {
            return new Reply(0, null, new byte[0]);
        }
    }

    /** A call that does not end in time is cut, and the node ends all the same. */
    @Test
    void aCallThatDoesNotEndIsCut() throws Exception {
        ChildNode node = ChildNode.at(directory.resolve("data"))
                .setting("drain_seconds", 1)
                .start()
                .requireSandboxes();
        node.rest().deployed("f", SLEEP, Map.of("timeout_ms", 600_000));
        var _ = node.rest().invokeLater("f", 500);
        await().until(() -> node.rest()
                        .get("/api/v1/functions/f")
                        .json()
                        .path("machines")
                        .path("busy")
                        .asInt()
                == 1);
        node.close();
        assertThat(Traces.processes(node)).isEmpty();
    }
}
