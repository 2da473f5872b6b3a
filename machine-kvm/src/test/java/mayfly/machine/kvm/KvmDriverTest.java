package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import mayfly.agents.AgentFiles;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.Outcome;
import mayfly.machine.Reset;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls through the driver. The conformance kit in checks says the rest. */
class KvmDriverTest {
    private static final String ECHO = """
            #include "mayfly.h"
            static int calls;
            static int handle(const mayfly_call *call, mayfly_result *result) {
                return mayfly_json(result, "{\\"calls\\":%d,\\"you\\":%.*s}", ++calls, (int)call->size, (const char *)call->payload);
            }
            int main(void) { return mayfly_run(handle); }
            """;
    private static final String STDIO = """
            #include <stdio.h>
            int main(void) {
                char in[100];
                size_t n = fread(in, 1, sizeof in - 1, stdin);
                fprintf(stderr, "%zu bytes", n);
                printf("{\\"you\\":%.*s}", (int)n, in);
                return n == 3 ? 7 : 0;
            }
            """;

    @Test
    void framesAndPlainPrograms(@TempDir Path dir) throws Exception {
        Bed.needsKvm();
        Files.write(dir.resolve(AgentFiles.HEADER), AgentFiles.bytes(AgentFiles.HEADER));
        try (KvmDriver driver = KvmDriver.open(dir, Map.of())) {
            Bed.compile(Files.createDirectory(dir.resolve("frames")), "program", ECHO, "-I", dir.toString());
            try (Template template = driver.boot(spec("frames", dir.resolve("frames")))) {
                for (int i = 0; i < 300; i++) {
                    assertThat(call(template, "" + i)).isEqualTo("{\"calls\":1,\"you\":" + i + "}");
                }
            }
            Bed.compile(Files.createDirectory(dir.resolve("stdio")), "program", STDIO);
            try (Template template = driver.boot(spec("stdio", dir.resolve("stdio")))) {
                assertThat(call(template, "12")).isEqualTo("{\"you\":12}");
                assertThat(call(template, "123")).contains("ExitError").contains("exit status 7");
                assertThat(call(template, "\"a\"")).contains("ExitError");
                assertThat(call(template, "12")).isEqualTo("{\"you\":12}");
            }
        }
    }

    /** Else every call of a fresh machine makes the console anew, which takes more time than all else. */
    @Test
    void aLineOnNodesConsoleChangesFewPages(@TempDir Path dir) throws Exception {
        Bed.needsKvm();
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/node")), "skipped: no /usr/bin/node");
        Path agents = Files.createDirectory(dir.resolve("agents"));
        for (String name : AgentFiles.names()) {
            Files.write(agents.resolve(name), AgentFiles.bytes(name));
        }
        try (KvmDriver driver = KvmDriver.open(agents, Map.of(GuestRuntime.NODE, Path.of("/usr/bin/node")))) {
            int silent = pages(driver, dir.resolve("silent"), "exports.handle = async event => event;");
            int loud = pages(
                    driver,
                    dir.resolve("loud"),
                    "exports.handle = async event => { console.log(`got ${event}`); return event; };");
            assertThat(loud)
                    .as("pages of a call, " + silent + " without the line")
                    .isLessThan(silent + silent * 2 / 5);
        }
    }

    /** The median that a call of a Node function changes. */
    private static int pages(KvmDriver driver, Path code, String source) throws Exception {
        Files.writeString(Files.createDirectory(code).resolve("app.js"), source);
        BlockingQueue<Reset> resets = new LinkedBlockingQueue<>();
        TemplateSpec spec = new TemplateSpec(
                code.getFileName() + " v1",
                GuestRuntime.NODE,
                "app.handle",
                code,
                Map.of(),
                128 << 20,
                2,
                false,
                Duration.ofSeconds(30));
        try (Template template = driver.boot(spec)) {
            template.watchResets(resets::add);
            List<Integer> pages = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                assertThat(call(template, "" + i)).isEqualTo("" + i);
                Reset reset = resets.poll(30, TimeUnit.SECONDS);
                assertThat(reset).isNotNull();
                pages.add(reset.pages());
            }
            Collections.sort(pages);
            return pages.get(pages.size() / 2);
        }
    }

    @Test
    void templatesStayOnDisk(@TempDir Path dir) throws Exception {
        Bed.needsKvm();
        Path agents = Files.createDirectory(dir.resolve("agents"));
        for (String name : AgentFiles.names()) {
            Files.write(agents.resolve(name), AgentFiles.bytes(name));
        }
        Path kept = dir.resolve("kept");
        Path code = Files.createDirectory(dir.resolve("code"));
        Files.writeString(code.resolve("app.py"), """
                import time
                begun = time.monotonic()
                calls = 0
                def handle(event):
                    global calls
                    calls += 1
                    if not 0 < time.monotonic() - begun < 1000:
                        raise ValueError("the clock is wrong")
                    return [calls, event]
                """);
        TemplateSpec python = new TemplateSpec(
                "py v1",
                GuestRuntime.PYTHON3,
                "app.handle",
                code,
                Map.of("SECRET", "x"),
                64 << 20,
                4,
                false,
                Duration.ofSeconds(10));
        for (int life = 0; life < 3; life++) {
            try (KvmDriver driver = KvmDriver.open(agents, Map.of(), kept)) {
                for (int boot = 0; boot < 5; boot++) {
                    try (Template template = driver.boot(python)) {
                        assertThat(call(template, "7")).isEqualTo("[1,7]");
                        for (int i = 0; i < 20; i++) {
                            assertThat(call(template, "" + i)).isEqualTo("[1," + i + "]");
                        }
                        driver.settle();
                    }
                }
                boolean first = life == 0;
                assertThat(driver.starts())
                        .isEqualTo(new KvmDriver.Starts(first ? 1 : 0, first ? 4 : 5, first ? 1 : 0));
            }
        }
        try (KvmDriver driver = KvmDriver.open(agents, Map.of(), kept)) {
            assertThat(kept.toFile().list()).hasSize(1);
            driver.forget("py v2");
            assertThat(kept.toFile().list()).hasSize(1);
            driver.forget("py v1");
            assertThat(kept.toFile().list()).isEmpty();
        }
    }

    private static TemplateSpec spec(String handler, Path code) {
        return new TemplateSpec(
                "f@1", GuestRuntime.NATIVE, handler, code, Map.of(), 32 << 20, 4, false, Duration.ofSeconds(10));
    }

    private static String call(Template template, String payload) throws Exception {
        try (Machine machine = template.fork()) {
            Outcome outcome = machine.exec(work(payload));
            return outcome instanceof Outcome.Success success
                    ? new String(success.output(), StandardCharsets.UTF_8)
                    : outcome.toString();
        }
    }

    private static Work work(String payload) {
        return new Work(
                Ids.system().invocation(),
                payload.getBytes(StandardCharsets.UTF_8),
                true,
                Duration.ofSeconds(10),
                LogSink.NONE);
    }
}
