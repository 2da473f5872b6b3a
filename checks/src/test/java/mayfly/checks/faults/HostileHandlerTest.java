package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Functions that misbehave on purpose. Each time the caller hears what happened, a call of another function that runs
 * meanwhile does not notice, the misbehaving function serves the next call, and when it is deleted nothing of it is left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileHandlerTest {
    /** What a handler does, and what its caller is to hear. */
    enum Misdeed {
        FORKS_A_BOMB("""
                import os, time
                while True:
                    try:
                        os.fork()
                    except OSError:
                        time.sleep(0.01)
                """, 504, "function.timeout", "its machine was killed"),
        FORKS_AND_LEAVES("""
                import os, time
                for i in range(20):
                    if os.fork() == 0:
                        os.setsid()
                        time.sleep(1000)
                return 'left'
                """, 200, "", "left"),
        EATS_MEMORY("""
                keep = []
                while True:
                    keep.append(bytearray(1 << 20))
                """, 500, "function.error", "MemoryError"),
        EATS_MEMORY_IN_MANY_PROCESSES("""
                import os, time
                for i in range(8):
                    if os.fork() == 0:
                        try:
                            keep = [os.urandom(1 << 20) for _ in range(60)]
                        except MemoryError:
                            pass
                        time.sleep(1000)
                time.sleep(1000)
                """, 504, "function.timeout", "its machine was killed"),
        FILLS_TMP("""
                with open('/tmp/big', 'wb') as f:
                    while True:
                        f.write(bytes(1 << 20))
                """, 500, "function.error", "No space left"),
        LOGS_GIGABYTES("""
                import os
                line = b'x' * (1 << 20)
                for i in range(3000):
                    try:
                        os.write(1, line)
                    except OSError as e:
                        return 'refused'
                return 'written'
                """, 0, "", ""),
        IGNORES_SIGTERM("""
                import signal, time
                for s in range(1, 65):
                    try:
                        signal.signal(s, signal.SIG_IGN)
                    except (OSError, ValueError):
                        pass
                while True:
                    time.sleep(1)
                """, 504, "function.timeout", "did not answer within its timeout_ms"),
        SPINS("while True: pass", 504, "function.timeout", "its machine was killed"),
        CLOSES_DESCRIPTOR_3("""
                import os
                try:
                    os.close(3)
                except OSError:
                    pass
                return 'closed'
                """, 200, "", "closed"),
        CLOSES_ALL_DESCRIPTORS(
                "import os\nos.closerange(0, 65536)\nreturn 'closed'", 502, "function.crashed", "channel was closed"),
        CLOSES_ALL_DESCRIPTORS_AND_STAYS("import os, time\nos.closerange(0, 65536)\ntime.sleep(1000)", 0, "", ""),
        WRITES_GARBAGE_TO_THE_CHANNEL("""
                import os, stat
                for fd in range(3, 1024):
                    try:
                        if stat.S_ISSOCK(os.fstat(fd).st_mode):
                            os.write(fd, b'\\xff' * 1000)
                    except OSError:
                        pass
                return 'written'
                """, 502, "function.crashed", "protocol"),
        CLAIMS_A_HUGE_FRAME("""
                import os, stat
                for fd in range(3, 1024):
                    try:
                        if stat.S_ISSOCK(os.fstat(fd).st_mode):
                            os.write(fd, b'\\x7f\\xff\\xff\\xff\\x01\\x03\\x00\\x00')
                    except OSError:
                        pass
                return 'written'
                """, 502, "function.crashed", "protocol"),
        EXITS("import os\nos._exit(3)", 502, "function.crashed", "exited with status 3"),
        EXITS_POLITELY("import sys\nsys.exit(4)", 500, "function.error", "sys.exit(4)"),
        ABORTS("import os\nos.abort()", 502, "function.crashed", "was killed by signal"), // pid 1 ends by another one
        SEGFAULTS("import ctypes\nctypes.string_at(0)", 502, "function.crashed", "signal 11"),
        KILLS_EVERYTHING("import os\nos.kill(-1, 9)", 500, "function.error", "No such process"),
        KILLS_ITS_PROCESS_GROUP("import os\nos.kill(0, 9)\nreturn 'survived'", 0, "", ""),
        KILLS_ITS_PARENT("import os\nos.kill(os.getppid(), 9)\nreturn 'survived'", 0, "", ""),
        RAISES("raise KeyError('k')", 500, "function.error", "KeyError"),
        RAISES_WITHOUT_END("def f(): f()\nf()", 500, "function.error", "RecursionError"),
        RAISES_AN_ERROR_THAT_CANNOT_BE_SHOWN("""
                class Bad(Exception):
                    def __str__(self): raise ValueError
                raise Bad()
                """, 500, "function.error", "Bad"),
        RETURNS_AN_OBJECT("return object()", 500, "function.error", "ResultInvalid"),
        RETURNS_NOT_A_NUMBER("return float('nan')", 500, "function.error", "ResultInvalid"),
        RETURNS_A_LOOP("a = []\na.append(a)\nreturn a", 500, "function.error", "ResultInvalid"),
        RETURNS_TOO_MUCH("return 'x' * (7 << 20)", 500, "function.error", "ResultTooLarge"),
        DELETES_ITS_FILES("""
                import shutil
                shutil.rmtree('/app', ignore_errors=True)
                import os
                return os.listdir('/app')
                """, 200, "", "main.py"),
        MAKES_A_SYSTEM_CALL_IT_MAY_NOT("import ctypes\nreturn ctypes.CDLL(None).syscall(175, 0, 0, 0)", 0, "", "");

        private final String code;
        private final int status;
        private final String error;
        private final String text;

        /** @param status 0 for any: several ends are all right, as long as there is one */
        Misdeed(String body, int status, String error, String text) {
            String indented = body.strip().indent(8);
            this.code = "def handler(event):\n    if event == 'bad':\n" + indented + "    return 'fine'\n";
            this.status = status;
            this.error = error;
            this.text = text;
        }
    }

    private static final String BYSTANDER = """
            import time
            def handler(event):
                time.sleep(event)
                return event
            """;

    @TempDir
    static Path directory;

    private ChildNode node;
    private Rest rest;
    private int number;

    @BeforeAll
    void start() throws Exception {
        node = ChildNode.at(directory.resolve("data")).start().requireSandboxes();
        rest = node.rest();
        rest.deployed(
                "bystander", BYSTANDER, Map.of("reuse", "warm", "min_warm", 1, "max_machines", 1, "memory_mb", 64));
        for (int i = 0; i < 3; i++) {
            assertThat(rest.invoke("bystander", 0).status()).isEqualTo(200);
        }
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void inAFreshMachine(Misdeed misdeed) {
        tried(misdeed, "fresh");
    }

    @ParameterizedTest
    @EnumSource(names = {"FORKS_A_BOMB", "FORKS_AND_LEAVES", "EATS_MEMORY", "CLOSES_ALL_DESCRIPTORS", "EXITS", "SPINS"})
    void inAWarmMachine(Misdeed misdeed) {
        tried(misdeed, "warm");
    }

    private void tried(Misdeed misdeed, String reuse) {
        Traces before = Traces.of(node);
        String name = "bad-" + number++;
        Map<String, Object> settings =
                new HashMap<>(Map.of("timeout_ms", 1200, "memory_mb", 64, "max_machines", 2, "reuse", reuse));
        rest.deployed(name, misdeed.code, settings);
        CompletableFuture<Reply> meanwhile = rest.invokeLater("bystander", 0.2);

        Reply reply = rest.invoke(name, "bad");
        if (misdeed.status != 0) {
            assertThat(reply.status()).as("%s", reply).isEqualTo(misdeed.status);
            assertThat(reply.text()).contains(misdeed.text);
        }
        assertThat(misdeed.status >= 400 ? reply.code() : "").isEqualTo(misdeed.error);

        assertThat(meanwhile.join().text()).as("the call that ran meanwhile").isEqualTo("0.2");
        assertThat(rest.invoke("bystander", 0).status()).isEqualTo(200);
        Reply next = rest.invoke(name, "good");
        assertThat(next.text()).as("the next call of it: %s", next).isEqualTo("\"fine\"");
        assertThat(Traces.of(node).supervised()).as("the sandbox is seen").isNotEqualTo(before.supervised());
        String invocation = reply.header("mayfly-invocation");
        Reply recorded = rest.ended(invocation);
        assertThat(recorded.field("status"))
                .isEqualTo(reply.status() == 200 ? "success" : reply.status() == 504 ? "timeout" : "error");
        assertThat(recorded.field("logs").length()).isLessThanOrEqualTo(256 << 10);
        rest.remove(name);
        before.awaitAgain(node);
        assertThat(rest.healthy()).isTrue();
    }
}
