package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.random.RandomGenerator;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of the node while it serves calls: whatever was answered stays true. */
class KilledNodeCallsTest {
    private static final String WORK = """
            import time
            def handler(event):
                time.sleep(event % 7 / 500)
                return event
            """;
    private static final Duration RECOVERY_MAX = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final ConcurrentLinkedQueue<String> accepted = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> durable = new ConcurrentLinkedQueue<>();

    @Test
    void acceptedCallsRunAndDurableAnswersAreOnRecord() throws Exception {
        RandomGenerator random = Rounds.random("KilledNodeCallsTest");
        ChildNode node = ChildNode.at(directory.resolve("data")).start().requireSandboxes();
        try {
            node.rest().deployed("work", WORK, Map.of("memory_mb", 64, "max_machines", 3));
            node.rest().deployed("kept", WORK, Map.of("memory_mb", 64, "max_machines", 2, "record", "durable"));
            for (int round = 0; round < Rounds.count(); round++) {
                node = killedUnderLoad(node, random);
                durable.forEach(recorded(node.rest())::isSuccess);
            }
            awaitEnds(node.rest());
            assertThat(accepted).as("calls accepted in all rounds").hasSizeGreaterThan(10);
            assertThat(durable).as("durable calls answered in all rounds").isNotEmpty();
            node.rest().remove("work");
            node.rest().remove("kept");
            noSandboxIsLeft(node);
        } finally {
            node.close();
        }
    }

    private ChildNode killedUnderLoad(ChildNode node, RandomGenerator random) throws Exception {
        Rest rest = node.rest();
        long after = random.nextLong(600);
        int enough = accepted.size() + 5;
        ChildNode next;
        try (Load _ = Load.of(3, number -> accepted.add(rest.async("work", number)));
                Load _ = Load.of(2, number -> {
                    Reply reply = rest.invoke("kept", number);
                    assertThat(reply.status()).as("%s", reply).isEqualTo(200);
                    durable.add(reply.header("mayfly-invocation"));
                })) {
            await().until(() -> accepted.size() >= enough);
            await().pollDelay(Duration.ofMillis(after)).until(() -> true);
            next = node.restarted();
        }
        return next;
    }

    private interface Recorded {
        void isSuccess(String invocation);
    }

    private static Recorded recorded(Rest rest) {
        return id -> {
            Reply record = rest.get("/api/v1/invocations/" + id);
            assertThat(record.status())
                    .as("answered and not recorded: %s", record)
                    .isEqualTo(200);
            assertThat(record.field("status")).as("%s", record).isEqualTo("success");
        };
    }

    private void awaitEnds(Rest rest) {
        for (String id : accepted) {
            await().atMost(RECOVERY_MAX).untilAsserted(() -> {
                Reply record = rest.ended(id);
                assertThat(record.status())
                        .as("accepted and not recorded: %s", record)
                        .isEqualTo(200);
                assertThat(record.field("status")).as("%s", record).isEqualTo("success");
                assertThat(record.json().path("attempts").asInt()).isPositive();
            });
        }
    }

    private static void noSandboxIsLeft(ChildNode node) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(Traces.of(node).supervised()).isEmpty();
            assertThat(Traces.processes(node).values()).allMatch(name -> name.endsWith("spawner"));
        });
    }

    /** Deleting the function of a call that waits ends the call, also when the node is killed right then. */
    @Test
    void aCallOfADeletedFunctionEndsAfterARestart() throws Exception {
        ChildNode node = ChildNode.at(directory.resolve("data")).start().requireSandboxes();
        try {
            node.rest().deployed("slow", "import time\ndef handler(event): time.sleep(5)\n", Map.of("max_machines", 1));
            List<String> calls = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                calls.add(node.rest().async("slow", i));
            }
            node.rest().remove("slow");
            node = node.restarted();
            for (String call : calls) {
                Rest rest = node.rest();
                await().atMost(RECOVERY_MAX).untilAsserted(() -> {
                    Reply record = rest.ended(call);
                    assertThat(record.field("status")).as("%s", record).isEqualTo("error");
                    assertThat(record.text()).contains("function.not_found");
                });
            }
        } finally {
            node.close();
        }
    }

    /** A synchronous call that was running when the node died has lost its caller: its record says so. */
    @Test
    void aSynchronousCallThatLostItsNodeIsNotShownAsRunning() throws Exception {
        ChildNode node = ChildNode.at(directory.resolve("data")).start().requireSandboxes();
        try {
            Rest rest = node.rest();
            rest.deployed("slow", "import time\ndef handler(event): time.sleep(60)\n", Map.of());
            var _ = rest.invokeLater("slow", 1);
            await().until(() -> rest.get("/api/v1/invocations?status=running")
                    .json()
                    .path("items")
                    .has(0));
            node = node.restarted();
            Rest after = node.rest();
            await().atMost(RECOVERY_MAX).untilAsserted(() -> {
                Reply page = after.get("/api/v1/invocations");
                assertThat(page.json().path("items").path(0).path("status").asString())
                        .as("%s", page)
                        .isEqualTo("error");
            });
        } finally {
            node.close();
        }
    }
}
