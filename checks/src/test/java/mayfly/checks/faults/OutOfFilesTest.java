package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that may open few files: what does not fit is refused, and when there is room again it is as before. */
class OutOfFilesTest {
    private static final String ECHO = "def handler(event):\n    return event\n";
    private static final int FILES_MAX = 220;

    @TempDir
    Path directory;

    /** Whatever can be done is done; what cannot is answered, with a reason. */
    private static void tells(Reply reply) {
        assertThat(reply.status() < 300 || !reply.detail().isEmpty())
                .as("%s", reply)
                .isTrue();
    }

    @Test
    void refusesAndRecovers() throws IOException {
        try (ChildNode node = ChildNode.at(directory.resolve("data"))
                .within("sh", "-c", "ulimit -n " + FILES_MAX + "; exec \"$@\"", "sh")
                .fromJars(directory.resolve("jars"))
                .start()
                .requireSandboxes()) {
            Rest rest = node.rest();
            rest.deployed("echo", ECHO, Map.of("reuse", "warm", "min_warm", 1));
            assertThat(rest.invoke("echo", 1).status()).isEqualTo(200);
            String task = rest.started(Map.of(), "sleep", "1000");
            Traces before = Traces.of(node);
            List<Socket> sockets = new ArrayList<>();
            try {
                assertThat(rest.healthy())
                        .as("the connection that is used below is open")
                        .isTrue();
                for (int i = 0; i < FILES_MAX; i++) {
                    sockets.add(new Socket(InetAddress.getLoopbackAddress(), node.port()));
                }
                await().until(() -> Traces.of(node).files() > FILES_MAX - 15);
                for (int i = 0; i < 5; i++) {
                    tells(rest.deploy("new-" + i, ECHO, Map.of("min_warm", 1)));
                    tells(rest.task(Map.of(), "true"));
                    tells(rest.invoke("echo", i));
                }
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                assertThat(rest.healthy()).isTrue();
                assertThat(rest.invoke("echo", 2).text()).isEqualTo("2");
                Reply deployed = rest.deploy("after", ECHO, Map.of());
                assertThat(deployed.status()).as("%s", deployed).isIn(201, 409);
                assertThat(rest.invoke("after", 3).text()).isEqualTo("3");
            });
            assertThat(rest.get("/api/v1/tasks/" + task).field("status")).isEqualTo("running");
            for (var function : rest.get("/api/v1/functions").json().path("items")) {
                if (!function.path("name").asString().equals("echo")) {
                    rest.remove(function.path("name").asString());
                }
            }
            for (var each : rest.get("/api/v1/tasks").json().path("items")) {
                String id = each.path("id").asString();
                if (!id.equals(task)) {
                    rest.taskEnded(id);
                    assertThat(rest.delete("/api/v1/tasks/" + id).status()).isEqualTo(204);
                }
            }
            before.awaitAgain(node);
            rest.post("/api/v1/tasks/" + task + "/kill", Map.of("signal", "KILL"));
        }
    }
}
