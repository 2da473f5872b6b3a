package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A node whose tasks are tried; after each test all are ended and forgotten, and nothing of them may be left. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TaskBed {
    @TempDir
    static Path directory;

    ChildNode node;
    Rest rest;
    private Traces before;

    @BeforeAll
    void start() throws Exception {
        node = ChildNode.at(directory.resolve("data")).start();
        rest = node.rest();
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @BeforeEach
    void look() {
        before = Traces.of(node);
    }

    @AfterEach
    void nothingIsLeft() {
        for (JsonNode task : rest.get("/api/v1/tasks?limit=1000").json().path("items")) {
            String id = task.path("id").asString();
            if (!task.has("ended_at")) {
                kill(id, "KILL");
            }
            rest.taskEnded(id);
            assertThat(rest.delete(path(id)).status()).isEqualTo(204);
        }
        before.awaitAgain(node);
        assertThat(node.data().resolve("tasks")).isEmptyDirectory();
    }

    static String path(String id) {
        return "/api/v1/tasks/" + id;
    }

    Reply shell(Map<String, ?> settings, String script) {
        return rest.taskEnded(rest.started(settings, "sh", "-c", script));
    }

    Reply kill(String id, String signal) {
        return rest.post(path(id) + "/kill", Map.of("signal", signal));
    }

    String output(String id) {
        return rest.get(path(id) + "/logs").text();
    }

    String errors(String id) {
        return rest.get(path(id) + "/logs?stream=stderr").text();
    }

    /** The task as soon as it is seen running. */
    Reply running(String id) {
        return await().until(
                        () -> rest.get(path(id)), task -> task.field("status").equals("running"));
    }

    void awaitOutput(String id, String expected) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(output(id)).isEqualTo(expected));
    }

    /** From the file "pid" of PROTOCOL.md, section 5. */
    long monitorOf(String id) {
        Path file = node.data().resolve("supervised").resolve(id).resolve("pid");
        try {
            return Long.parseLong(Files.readString(file).split(" +", -1)[3]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** kill -9, and waits until it is gone. */
    static void kill9(long pid) {
        ProcessHandle.of(pid).ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
    }
}
