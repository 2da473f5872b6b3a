package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of the processes around a node while it serves: the node notices, replaces them, and serves again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KilledPartsTest {
    private static final String ECHO = "import time\ndef handler(event):\n    time.sleep(0.005)\n    return event\n";
    private static final Duration RECOVERY_MAX = Duration.ofSeconds(30);
    private static final int SERVED = 20;

    @TempDir
    static Path directory;

    private ChildNode node;
    private Rest rest;

    @BeforeAll
    void start() throws Exception {
        node = ChildNode.at(directory.resolve("data"))
                .setting("pool.health_seconds", 1)
                .start()
                .requireSandboxes();
        rest = node.rest();
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void theSpawner() throws Exception {
        Traces before = Traces.of(node);
        rest.deployed("first", ECHO, Map.of());
        long spawner = ProcessHandle.of(node.pid())
                .orElseThrow()
                .children()
                .filter(child ->
                        child.info().arguments().map(List::of).orElse(List.of()).contains("spawner"))
                .findFirst()
                .orElseThrow()
                .pid();
        kill(spawner);
        assertThat(rest.invoke("first", 1).text()).isEqualTo("1");
        rest.deployed("second", ECHO, Map.of());
        assertThat(rest.invoke("second", 2).text()).isEqualTo("2");
        String task = rest.started(Map.of(), "true");
        assertThat(rest.taskEnded(task).field("status")).isEqualTo("succeeded");
        rest.delete("/api/v1/tasks/" + task);
        rest.remove("first");
        rest.remove("second");
        await().untilAsserted(() -> assertThat(Traces.of(node).supervised()).isEqualTo(before.supervised()));
    }

    @Test
    void aFunctionsZygote() throws Exception {
        withItsProcessesUnderLoad(
                "zygote",
                processes -> processes.stream()
                        .filter(pid -> commandOf(pid).contains("python3.py"))
                        .findFirst()
                        .orElseThrow());
    }

    @Test
    void aFunctionsInit() throws Exception {
        withItsProcessesUnderLoad(
                "init",
                processes -> processes.stream()
                        .filter(pid -> commandOf(pid).contains("sandbox"))
                        .reduce((_, last) -> last)
                        .orElseThrow());
    }

    @Test
    void aFunctionsLauncher() throws Exception {
        withItsProcessesUnderLoad(
                "launcher",
                processes -> processes.stream()
                        .filter(pid -> commandOf(pid).contains("sandbox"))
                        .findFirst()
                        .orElseThrow());
    }

    @Test
    void aFunctionsMonitor() throws Exception {
        withItsProcessesUnderLoad(
                "monitor",
                processes -> processes.stream()
                        .filter(pid ->
                                commandOf(pid).endsWith("spawner")) // a monitor is forked from it and not executed
                        .filter(pid -> ProcessHandle.of(pid)
                                        .flatMap(ProcessHandle::parent)
                                        .map(ProcessHandle::pid)
                                        .orElse(0L)
                                != node.pid())
                        .findFirst()
                        .orElseThrow());
    }

    private interface Choice {
        long of(List<Long> processes);
    }

    /** Calls in flight may fail when their sandbox dies; what must not happen is that it stays so. */
    private void withItsProcessesUnderLoad(String name, Choice choice) throws IOException {
        Traces before = Traces.of(node);
        rest.deployed(name, ECHO, Map.of("memory_mb", 64, "max_machines", 3));
        assertThat(rest.invoke(name, 0).status()).isEqualTo(200);
        List<Long> its = new ArrayList<>(Traces.processes(node).keySet());
        its.removeAll(before.processes().keySet());
        ConcurrentLinkedQueue<Reply> replies = new ConcurrentLinkedQueue<>();
        try (Load _ = Load.of(3, number -> replies.add(rest.invoke(name, number)))) {
            await().until(() -> replies.size() > SERVED);
            kill(choice.of(its));
            await().atMost(RECOVERY_MAX).until(() -> {
                List<Reply> all = List.copyOf(replies);
                return all.size() > 3 * SERVED
                        && all.subList(all.size() - SERVED, all.size()).stream().allMatch(it -> it.status() == 200);
            });
        }
        assertThat(replies)
                .filteredOn(it -> it.status() != 200)
                .as("the calls that were in flight, and no more")
                .hasSizeLessThanOrEqualTo(6);
        rest.remove(name);
        before.awaitAgain(node);
    }

    private static String commandOf(long pid) {
        try {
            return java.nio.file.Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .replace('\0', ' ')
                    .strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static void kill(long pid) throws IOException {
        new ProcessBuilder("kill", "-9", Long.toString(pid)).start().onExit().join();
    }

    /** min_warm is kept: also when nobody calls. */
    @Test
    void aWarmMachine() throws Exception {
        rest.deployed("ready", ECHO, Map.of("reuse", "warm", "min_warm", 2, "max_machines", 3, "memory_mb", 64));
        await().untilAsserted(() -> assertThat(warm("ready")).isEqualTo(2));
        List<Long> machines = Traces.processes(node).keySet().stream()
                .filter(pid -> commandOf(pid).contains("python3.py"))
                .toList();
        assertThat(machines).as("the zygote and its machines").hasSizeGreaterThanOrEqualTo(3);
        kill(machines.getLast());
        await().atMost(RECOVERY_MAX).untilAsserted(() -> {
            assertThat(Traces.processes(node).keySet()).doesNotContain(machines.getLast());
            assertThat(warm("ready")).isEqualTo(2);
            assertThat(Traces.processes(node).keySet().stream()
                            .filter(pid -> commandOf(pid).contains("python3.py")))
                    .hasSizeGreaterThanOrEqualTo(machines.size());
        });
        for (int i = 0; i < 5; i++) {
            assertThat(rest.invoke("ready", i).status()).isEqualTo(200);
        }
        rest.remove("ready");
    }

    private int warm(String function) {
        return rest.get("/api/v1/functions/" + function)
                .json()
                .path("machines")
                .path("warm")
                .asInt();
    }
}
