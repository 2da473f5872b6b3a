package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mayfly.checks.rest.ChildNode;
import mayfly.machine.HostReport;
import mayfly.machine.kvm.KvmDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A function's start-up code runs once, however often its node scales it to zero or is started again: what it made while it
 * was loaded, a random word, never becomes another one. A template that is loaded touches its file.
 */
class SavedTemplatesTest {
    private static final String BORN = "import os\nborn = os.urandom(8).hex()\ndef handler(event):\n    return born\n";
    private static final FileTime UNUSED = FileTime.fromMillis(1_000_000);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private Path templates() {
        return directory.resolve("data").resolve("templates");
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(templates())) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(templates())) {
            return all.filter(file -> file.toString().endsWith(".template")).toList();
        }
    }

    /** The only file that there is, once there is one. */
    private Path file() throws IOException {
        await().atMost(PATIENCE).until(() -> files().size() == 1);
        return files().getFirst();
    }

    private static String born(ChildNode node) {
        var reply = node.rest().invoke("born", 0);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        return reply.text();
    }

    private void untilLoaded(ChildNode node, String born) throws IOException {
        Path file = file();
        Files.setLastModifiedTime(file, UNUSED);
        // each call a while after the one before: the template ends in between
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(3)).until(() -> {
            assertThat(born(node)).isEqualTo(born);
            return !Files.getLastModifiedTime(file).equals(UNUSED);
        });
    }

    /** As kill -9 of a user. */
    private void endMachineHost() throws IOException {
        try (Stream<Path> supervised = Files.list(directory.resolve("data").resolve("supervised"))) {
            for (Path host : supervised
                    .filter(each -> each.getFileName().toString().startsWith("host_")
                            && Files.exists(each.resolve("pid"))) // none: it has ended
                    .toList()) {
                String pid = Files.readString(host.resolve("pid")).split("\\s", 2)[0];
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(process -> {
                    process.destroyForcibly();
                    process.onExit().join();
                });
            }
        }
    }

    @Test
    void startUpCodeRunsOnceOverScalingToZeroAndRestarts() throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "no virtual machines here: "
                        + report.features().getFirst().detail());
        ChildNode node = ChildNode.at(directory.resolve("data"))
                .setting("functions.isolation", "kvm")
                .setting("machines.host", "process")
                .setting("pool.idle_seconds", 1)
                .setting("pool.health_seconds", 1)
                .start();
        try {
            node.rest().deployed("born", BORN, Map.of());
            String born = born(node);
            untilLoaded(node, born);
            node = node.restarted();
            assertThat(born(node)).isEqualTo(born); // its machine host was there all the time
            Files.setLastModifiedTime(file(), UNUSED);
            endMachineHost();
            node = node.restarted();
            assertThat(born(node)).isEqualTo(born);
            assertThat(Files.getLastModifiedTime(file())).isNotEqualTo(UNUSED);
            node.rest().remove("born");
            await().atMost(PATIENCE).until(() -> files().isEmpty());
            node.rest().deployed("born", BORN, Map.of());
            assertThat(born(node)).isNotEqualTo(born);
        } finally {
            node.close();
            endMachineHost(); // it would wait for another node
        }
    }
}
