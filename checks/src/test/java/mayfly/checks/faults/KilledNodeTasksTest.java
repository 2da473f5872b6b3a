package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.random.RandomGenerator;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** kill -9 of the node while it starts tasks: what runs goes on, and every task is listed as it is. */
class KilledNodeTasksTest {
    /** A task that was acknowledged, and what must become of it; pid 0 when the answer was "pending", as it may be. */
    private record Started(Kind kind, String id, long pid, String born) {}

    private enum Kind {
        SHORT("succeeded", 0, "echo done; echo err >&2"),
        FAILING("failed", 3, "echo before; exit 3"),
        PRODUCING("succeeded", 0, "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done"),
        LONG("running", 0, "echo up; exec sleep 1000"),
        MISSING("failed", 0, "");

        private final String status;
        private final int exitCode;
        private final String script;

        Kind(String status, int exitCode, String script) {
            this.status = status;
            this.exitCode = exitCode;
            this.script = script;
        }

        String[] command() {
            return this == MISSING ? new String[] {"/no/such/program"} : new String[] {"sh", "-c", script};
        }
    }

    @TempDir
    Path directory;

    private final ConcurrentLinkedQueue<Started> started = new ConcurrentLinkedQueue<>();

    @Test
    void nothingThatRunsIsDisturbedAndEveryTaskIsListedTruthfully() throws Exception {
        RandomGenerator random = Rounds.random("KilledNodeTasksTest");
        ChildNode node = ChildNode.at(directory.resolve("data")).start();
        try {
            for (int round = 0; round < Rounds.count(); round++) {
                node = killedUnderLoad(node, random);
                for (Started task : started) {
                    isAsItMustBe(node.rest(), task);
                }
            }
            assertThat(started).hasSizeGreaterThan(20);
            noneIsPending(node.rest());
            endsAll(node.rest());
            nothingIsLeft(node);
        } finally {
            node.close();
        }
    }

    private ChildNode killedUnderLoad(ChildNode node, RandomGenerator random) throws IOException {
        Rest rest = node.rest();
        long after = random.nextLong(600);
        int enough = started.size() + 8;
        ChildNode next;
        try (Load _ = Load.of(4, number -> start(rest, number))) {
            await().until(() -> started.size() >= enough);
            await().pollDelay(Duration.ofMillis(after)).until(() -> true);
            next = node.restarted();
        }
        return next;
    }

    private void start(Rest rest, int number) {
        Kind kind = Kind.values()[number % Kind.values().length];
        Reply reply = rest.task(Map.of("name", "t-" + number), kind.command());
        assertThat(reply.status()).as("%s", reply).isEqualTo(201);
        long pid = reply.json().path("pid").asLong(0);
        started.add(new Started(kind, reply.field("id"), pid, kind == Kind.LONG && pid != 0 ? born(pid) : ""));
    }

    private static void isAsItMustBe(Rest rest, Started task) {
        Reply reply = task.kind == Kind.LONG ? begun(rest, task.id) : rest.taskEnded(task.id);
        assertThat(reply.field("status")).as("%s", reply).isEqualTo(task.kind.status);
        switch (task.kind) {
            case LONG -> {
                if (task.pid != 0) {
                    assertThat(reply.json().path("pid").asLong()).isEqualTo(task.pid);
                    assertThat(born(task.pid)).as("the same process").isEqualTo(task.born);
                }
            }
            case SHORT, FAILING, PRODUCING ->
                assertThat(reply.json().path("exit_code").asInt()).isEqualTo(task.kind.exitCode);
            case MISSING -> assertThat(reply.field("reason")).isNotEmpty();
        }
        String output = rest.get("/api/v1/tasks/" + task.id + "/logs").text();
        switch (task.kind) {
            case LONG -> assertThat(output).isIn("up\n", "");
            case SHORT -> assertThat(output).isEqualTo("done\n");
            case FAILING -> assertThat(output).isEqualTo("before\n");
            case PRODUCING -> assertThat(output).endsWith("line 300\n").hasLineCount(300);
            case MISSING -> assertThat(output).isEmpty();
        }
    }

    /** A slow host may not have come to it. */
    private static Reply begun(Rest rest, String id) {
        return await().atMost(Duration.ofSeconds(30))
                .until(
                        () -> rest.get("/api/v1/tasks/" + id),
                        task -> !task.field("status").equals("pending"));
    }

    /** Field 22 of /proc/PID/stat: when the process started, in ticks since boot. */
    private static String born(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
        } catch (IOException e) {
            return "gone";
        }
    }

    /** Also those whose starting was not acknowledged: they ran, or are said not to have been started. */
    private static void noneIsPending(Rest rest) {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() ->
                        assertThat(items(rest, "?status=pending&limit=1000")).isEmpty());
    }

    private static void endsAll(Rest rest) {
        for (JsonNode task : items(rest, "?status=running&limit=1000")) {
            rest.post("/api/v1/tasks/" + task.path("id").asString() + "/kill", Map.of("signal", "KILL"));
        }
        for (List<JsonNode> page = items(rest, "?limit=1000"); !page.isEmpty(); page = items(rest, "?limit=1000")) {
            for (JsonNode task : page) {
                Reply ended = rest.taskEnded(task.path("id").asString());
                assertThat(rest.delete("/api/v1/tasks/" + ended.field("id")).status())
                        .as("%s", ended)
                        .isEqualTo(204);
            }
        }
    }

    private static List<JsonNode> items(Rest rest, String query) {
        return rest.get("/api/v1/tasks" + query)
                .json()
                .path("items")
                .valueStream()
                .toList();
    }

    private static void nothingIsLeft(ChildNode node) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(Traces.of(node).supervised()).isEmpty();
            assertThat(node.data().resolve("tasks")).isEmptyDirectory();
            assertThat(Traces.processes(node).values()).allMatch(name -> name.endsWith("spawner"));
        });
    }

    /** The record goes before the files: a node killed in between has left files of a task that is not known. */
    @Test
    void filesOfTasksThatAreNotOnRecordAreRemoved() throws Exception {
        ChildNode node = ChildNode.at(directory.resolve("data")).start();
        try {
            String known = node.rest().started(Map.of(), "true");
            assertThat(node.rest().taskEnded(known).field("status")).isEqualTo("succeeded");
            node.kill9();
            Path supervised = node.data().resolve("supervised");
            String unknown = "task_" + "0".repeat(26);
            Files.createDirectory(supervised.resolve(unknown));
            for (String file : List.of("spec", "status", "lock", "stdout", "stderr")) {
                Files.copy(
                        supervised.resolve(known).resolve(file),
                        supervised.resolve(unknown).resolve(file));
            }
            Files.createDirectories(node.data().resolve("tasks").resolve(unknown));
            node = node.restarted();
            ChildNode again = node;
            await().untilAsserted(() -> {
                assertThat(Traces.of(again).supervised()).containsExactly(known);
                assertThat(again.data().resolve("tasks").resolve(unknown)).doesNotExist();
            });
            assertThat(node.rest().get("/api/v1/tasks/" + known).field("status"))
                    .isEqualTo("succeeded");
        } finally {
            node.close();
        }
    }
}
