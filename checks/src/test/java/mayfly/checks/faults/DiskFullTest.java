package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory without room: what needs the disk is refused and says so, the rest works, and it recovers. */
class DiskFullTest {
    private static final String ECHO = "def handler(event):\n    return event\n";

    @TempDir
    Path directory;

    @BeforeAll
    static void onlyAsRoot() throws Exception {
        boolean can = new ProcessBuilder("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
                        .redirectErrorStream(true)
                        .start()
                        .waitFor()
                == 0;
        if (!can) {
            System.out.println("skipped: DiskFullTest: this user may not mount a small file system");
        }
        Assumptions.assumeTrue(can, "this user may not mount a small file system");
    }

    /** The data directory is a file system of its own, which only the node's mount namespace has. */
    private ChildNode start() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data"));
        String mount = "mount -t tmpfs -o size=24m tmpfs " + data + " && exec \"$@\"";
        return ChildNode.at(data)
                .within("unshare", "-m", "sh", "-c", mount, "sh")
                .start()
                .requireSandboxes();
    }

    private static Path filler(ChildNode node) {
        return Path.of("/proc/" + node.pid() + "/root" + node.data() + "/filler");
    }

    private static void fill(ChildNode node) throws IOException {
        try (OutputStream out = Files.newOutputStream(filler(node))) {
            for (int size = 1 << 16; size > 0; size /= 2) {
                fillBy(out, size);
            }
        }
    }

    private static void fillBy(OutputStream out, int size) {
        try {
            while (true) {
                out.write(new byte[size]);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space");
        }
    }

    @Test
    void refusesWhatNeedsTheDiskAndRecovers() throws IOException {
        try (ChildNode node = start()) {
            Rest rest = node.rest();
            rest.deployed("warm", ECHO, Map.of("reuse", "warm", "min_warm", 1));
            rest.deployed("kept", ECHO, Map.of("reuse", "warm", "min_warm", 1, "record", "durable"));
            assertThat(rest.invoke("warm", 1).status()).isEqualTo(200);
            assertThat(rest.invoke("kept", 1).status()).isEqualTo(200);
            String running = rest.started(Map.of(), "sleep", "1000");
            fill(node);

            awaitFull(rest);
            full(rest.post("/api/v1/functions/warm/async", 1));
            full(rest.invoke("kept", 2));
            full(rest.deploy("new", ECHO + "#" + "x".repeat(100_000), Map.of()));
            full(rest.task(Map.of(), "true"));
            assertThat(rest.healthy()).isTrue();
            assertThat(rest.get("/api/v1/functions").json().path("items").size())
                    .isEqualTo(2);
            assertThat(rest.get("/api/v1/tasks/" + running).field("status")).isEqualTo("running");
            Reply synchronous = rest.invoke("warm", 3);
            if (synchronous.status() != 200) {
                full(synchronous);
            }

            Files.delete(filler(node));
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                Reply accepted = rest.post("/api/v1/functions/warm/async", 4);
                assertThat(accepted.status()).as("%s", accepted).isEqualTo(202);
                assertThat(rest.ended(accepted.field("invocation_id")).field("status"))
                        .isEqualTo("success");
            });
            assertThat(rest.invoke("warm", 5).text()).isEqualTo("5");
            assertThat(rest.invoke("kept", 5).text()).isEqualTo("5");
            rest.deployed("new", ECHO, Map.of());
            assertThat(rest.invoke("new", 6).text()).isEqualTo("6");
            assertThat(rest.taskEnded(rest.started(Map.of(), "true")).field("status"))
                    .isEqualTo("succeeded");
            rest.post("/api/v1/tasks/" + running + "/kill", Map.of("signal", "KILL"));
            assertThat(rest.taskEnded(running).field("status")).isEqualTo("killed");
        }
    }

    /** SQLite has room in pages it got earlier: a few writes may still succeed. */
    private static void awaitFull(Rest rest) {
        await().until(() ->
                rest.post("/api/v1/functions/warm/async", "x".repeat(200_000)).status() == 507);
    }

    private static void full(Reply reply) {
        assertThat(reply.status()).as("%s", reply).isEqualTo(507);
        assertThat(reply.code()).isEqualTo("store.full");
    }

    /** A task that ends while the disk is full is not lost, and neither is its end. */
    @Test
    void aTaskThatEndsMeanwhile() throws IOException {
        try (ChildNode node = start()) {
            Rest rest = node.rest();
            rest.deployed("warm", ECHO, Map.of("reuse", "warm", "min_warm", 1));
            String running = rest.started(Map.of(), "sh", "-c", "read x </dev/null; exec sleep 1000");
            fill(node);
            awaitFull(rest);
            Reply killed = rest.post("/api/v1/tasks/" + running + "/kill", Map.of("signal", "KILL"));
            assertThat(killed.status()).as("%s", killed).isEqualTo(200);
            Reply ended = rest.taskEnded(running);
            assertThat(ended.field("status")).as("%s", ended).isEqualTo("killed");
            Files.delete(filler(node));
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                Reply listed = rest.get("/api/v1/tasks?status=killed");
                assertThat(listed.text()).contains(running);
            });
            assertThat(rest.delete("/api/v1/tasks/" + running).status()).isEqualTo(204);
        }
    }
}
