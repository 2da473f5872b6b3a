package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import mayfly.machine.HostReport;
import mayfly.machine.kvm.KvmDriver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Functions in virtual machines over REST; where the host makes them they are what a function gets that says nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VirtualFunctionsTest {
    private static final String COUNT =
            "calls = 0\ndef handler(event):\n    global calls\n    calls += 1\n    return calls\n";

    @TempDir
    static Path directory;

    private ChildNode node;
    private Rest rest;

    @BeforeAll
    void start() throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "no virtual machines here: "
                        + report.features().getFirst().detail());
        node = ChildNode.at(directory.resolve("data"))
                .setting("functions.isolation", "any")
                .setting("pool.idle_seconds", 1)
                .setting("pool.health_seconds", 1)
                .start();
        rest = node.rest();
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void everyCallIsTheFirstUnlessTheFunctionIsWarm() {
        rest.deployed("fresh", COUNT, Map.of());
        rest.deployed("warm", COUNT, Map.of("reuse", "warm", "max_machines", 1));
        for (int i = 1; i <= 20; i++) {
            assertThat(rest.invoke("fresh", 0).text()).isEqualTo("1");
            assertThat(rest.invoke("warm", 0).text()).isEqualTo(Integer.toString(i));
        }
        assertThat(rest.get("/api/v1/machines").text()).contains("\"kvm\"");
    }

    @Test
    void callsRunAtTheSameTimeAndComeBackAfterIdleness() {
        rest.deployed("echo", "def handler(event):\n    return event\n", Map.of("max_machines", 4));
        List<CompletableFuture<Reply>> replies = IntStream.range(0, 40)
                .mapToObj(i -> rest.invokeLater("echo", i))
                .toList();
        for (int i = 0; i < replies.size(); i++) {
            assertThat(replies.get(i).join().text()).isEqualTo(Integer.toString(i));
        }
        await().until(() -> rest.get("/api/v1/functions/echo")
                        .json()
                        .path("machines")
                        .path("warm")
                        .asInt()
                == 0);
        assertThat(rest.invoke("echo", 7).text()).isEqualTo("7");
    }

    @Test
    void errorsTimeoutsAndWhatAMachineDoesNotHaveAreNamed() {
        rest.deployed("error", "def handler(event):\n    raise ValueError('no')\n", Map.of());
        assertThat(rest.invoke("error", 0).text()).contains("ValueError").contains("main.py");
        rest.deployed("loop", "def handler(event):\n    while True: pass\n", Map.of("timeout_ms", 300));
        assertThat(rest.invoke("loop", 0).status()).isEqualTo(504);
        assertThat(rest.invoke("loop", 0).status()).isEqualTo(504);
        rest.deployed("socket", "import socket\ndef handler(event):\n    socket.socket()\n", Map.of());
        assertThat(rest.invoke("socket", 0).text()).contains("OSError");
    }

    @Test
    void aHandlerStartsProgramsAndForks() {
        rest.deployed("programs", """
                import os, subprocess
                def handler(event):
                    child = os.fork()
                    if child == 0:
                        os._exit(7)
                    said = subprocess.run(["sh", "-c", "echo a | tr a b"], capture_output=True, text=True).stdout
                    return [said, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]
                """, Map.of());
        for (int i = 0; i < 3; i++) {
            assertThat(rest.invoke("programs", 0).text()).isEqualTo("[\"b\\n\",7]");
        }
    }
}
