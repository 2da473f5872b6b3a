package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import mayfly.agents.AgentFiles;
import mayfly.base.Ids;
import mayfly.linux.Kvm;
import mayfly.machine.GuestRuntime;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The directory of saved templates: what is in it, for how long, and that nothing that happens to it fails a call. */
class TemplateFilesTest {
    private static final String ECHO = """
            #include "mayfly.h"
            #include <stdlib.h>
            #include <string.h>
            static char *volatile held; // or the compiler takes nobody to need it
            static int handle(const mayfly_call *call, mayfly_result *result) {
                return mayfly_json(result, "%.*s", (int)call->size, (const char *)call->payload);
            }
            int main(void) {
                size_t size = atoi(getenv("MEGABYTES")) << 20;
                held = memset(malloc(size), 'x', size);
                return mayfly_run(handle);
            }
            """;

    @TempDir
    private Path dir;

    private Path kept;

    @BeforeEach
    void build() throws Exception {
        Bed.needsKvm();
        kept = dir.resolve("kept");
        Files.write(
                Files.createDirectory(dir.resolve("agents")).resolve(AgentFiles.HEADER),
                AgentFiles.bytes(AgentFiles.HEADER));
        Bed.compile(
                Files.createDirectory(dir.resolve("code")),
                "program",
                ECHO,
                "-I",
                dir.resolve("agents").toString());
    }

    private KvmDriver driver() throws Exception {
        return KvmDriver.open(dir.resolve("agents"), Map.of(), kept);
    }

    private TemplateSpec spec(String name, int megabytes) {
        return new TemplateSpec(
                name,
                GuestRuntime.NATIVE,
                "frames",
                dir.resolve("code"),
                Map.of("MEGABYTES", "" + megabytes),
                512 << 20,
                4,
                false,
                Duration.ofSeconds(20));
    }

    /** Boots, calls, waits until it is saved, closes. */
    private static void use(KvmDriver driver, TemplateSpec spec) throws Exception {
        try (Template template = driver.boot(spec)) {
            call(template);
            driver.settle();
        }
    }

    private static void call(Template template) throws Exception {
        try (Machine machine = template.fork()) {
            Outcome outcome = machine.exec(new Work(
                    Ids.system().invocation(),
                    "7".getBytes(StandardCharsets.UTF_8),
                    true,
                    Duration.ofSeconds(20),
                    LogSink.NONE));
            assertThat(outcome).isInstanceOf(Outcome.Success.class);
        }
    }

    private List<String> files() {
        return List.of(kept.toFile().list());
    }

    @Test
    void leftoversGo() throws Exception {
        try (KvmDriver driver = driver()) {
            use(driver, spec("f v1", 1));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
                    .isEqualTo("rwx------");
        }
        List<String> good = files();
        assertThat(good).hasSize(1);
        Files.writeString(kept.resolve("abc.v0.template"), "of another version");
        Files.writeString(kept.resolve(".abc.1234.part"), "of a node that was killed");
        Files.writeString(kept.resolve("notes"), "somebody's");
        try (KvmDriver driver = driver()) {
            assertThat(files()).containsExactlyInAnyOrder(good.getFirst(), "notes");
            use(driver, spec("f v1", 1));
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(0, 1, 0));
            use(driver, spec("f v1", 2)); // another environment is another template
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(1, 1, 1));
            driver.forget("f v1");
            assertThat(files()).containsExactly("notes");
        }
    }

    @Test
    void theLeastRecentlyUsedGoesFirst() throws Exception {
        try (KvmDriver driver = driver()) {
            use(driver, spec("a v1", 4));
            use(driver, spec("b v1", 4));
            use(driver, spec("c v1", 4));
        }
        assertThat(files()).hasSize(3);
        try (var all = Files.list(kept)) {
            for (Path file : all.toList()) {
                boolean old = file.getFileName().toString().startsWith(TemplateKey.prefix("b v1"));
                Files.setLastModifiedTime(file, FileTime.fromMillis(old ? 1000 : 2_000_000));
            }
        }
        try (Kvm kvm = Kvm.open();
                TemplateFiles files = TemplateFiles.open(kvm, kept, dir.resolve("agents"), 12 << 20)) {
            files.makeRoom("");
            assertThat(files()).hasSize(2).noneMatch(name -> name.startsWith(TemplateKey.prefix("b v1")));
            files.makeRoom("");
            assertThat(files()).hasSize(2);
        }
    }

    @Test
    void aDirectoryThatIsGoneFailsNothing() throws Exception {
        try (KvmDriver driver = driver()) {
            Files.delete(kept);
            use(driver, spec("f v1", 1));
            use(driver, spec("f v1", 1));
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(2, 0, 0));
        }
        Files.writeString(kept, "not a directory");
        try (KvmDriver driver = driver()) {
            use(driver, spec("f v1", 1));
            assertThat(driver.starts()).isEqualTo(new KvmDriver.Starts(1, 0, 0));
        }
    }

    /** Runs in a process of its own, which is killed. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws Exception {
            TemplateFilesTest test = new TemplateFilesTest();
            test.dir = Path.of(arguments[0]);
            test.kept = test.dir.resolve("kept");
            try (KvmDriver driver = test.driver()) {
                while (true) {
                    driver.forget("f v1");
                    use(driver, test.spec("f v1", 200));
                }
            }
        }
    }

    @Test
    void aKilledNodeLeavesWholeFilesOrNone() throws Exception {
        for (int kill = 0; kill < 3; kill++) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Child.class.getName(),
                            dir.toString())
                    .inheritIO()
                    .start();
            try {
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                while (!isWriting()) {
                    assertThat(child.isAlive() && System.nanoTime() < deadline)
                            .as("a file is being written")
                            .isTrue();
                    Thread.onSpinWait();
                }
            } finally {
                child.destroyForcibly().waitFor();
            }
            try (KvmDriver driver = driver()) {
                assertThat(files()).noneMatch(name -> name.endsWith(".part"));
                use(driver, spec("f v1", 200));
                assertThat(driver.starts().booted() + driver.starts().loaded()).isEqualTo(1);
                use(driver, spec("f v1", 200));
                assertThat(driver.starts().loaded()).isPositive();
                driver.forget("f v1");
            }
        }
    }

    private boolean isWriting() {
        String[] names = kept.toFile().list();
        return names != null && List.of(names).stream().anyMatch(name -> name.endsWith(".part"));
    }
}
