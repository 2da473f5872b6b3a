package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mayfly.agents.AgentFiles;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.Outcome;
import mayfly.machine.SupervisedState;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;
import mayfly.machine.host.HostDriver;
import mayfly.machine.kvm.KvmDriver;
import mayfly.machine.process.ProcessSupervisor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The life of a real machine host: it outlives its node, its own end costs calls under way only, and it is jailed. */
@Timeout(120)
final class MachineHostTest {
    private static final String CODE = """
            import time
            loaded = time.time_ns()
            def handle(event):
                if event == 'wait':
                    print('waits', flush=True)
                    time.sleep(60)
                return loaded
            """;

    @TempDir
    Path directory;

    private Path data;
    private ProcessSupervisor supervisor;
    private HostDriver driver;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(KvmDriver.examine(Map.of()).usable(), "no virtual machines here");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = Files.createDirectory(directory.resolve("data"));
        for (String each : List.of("agents", "code", "code/f", "templates")) {
            Files.setPosixFilePermissions(
                    Files.createDirectory(data.resolve(each)), PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        for (String name : AgentFiles.names()) {
            Files.write(data.resolve("agents").resolve(name), AgentFiles.bytes(name));
        }
        Files.writeString(data.resolve("code/f/app.py"), CODE);
        open();
    }

    private void open() throws Exception {
        supervisor = ProcessSupervisor.open(data);
        driver = HostDriver.open(
                supervisor, data.resolve("agents"), data.resolve("code"), data.resolve("templates"), Map.of());
    }

    @AfterEach
    void stop() {
        if (supervisor != null) {
            driver.close();
            assertThat(supervisor.names()).as("no host is left").isEmpty();
            supervisor.close();
        }
    }

    private Template boot(String name) throws Exception {
        return driver.boot(new TemplateSpec(
                name,
                GuestRuntime.PYTHON3,
                "app.handle",
                data.resolve("code/f"),
                Map.of(),
                64L << 20,
                4,
                false,
                Duration.ofSeconds(60)));
    }

    private static Outcome call(Template template, String event, LogSink logs) throws Exception {
        try (Machine machine = template.fork()) {
            return machine.exec(new Work(
                    Ids.system().invocation(),
                    ("\"" + event + "\"").getBytes(StandardCharsets.US_ASCII),
                    true,
                    Duration.ofSeconds(50),
                    logs));
        }
    }

    /** When the code was loaded: tells templates apart. */
    private static String loaded(Template template) throws Exception {
        Outcome outcome = call(template, "", LogSink.NONE);
        assertThat(outcome).isInstanceOf(Outcome.Success.class);
        return new String(((Outcome.Success) outcome).output(), StandardCharsets.US_ASCII);
    }

    private String host() {
        return supervisor.names().stream()
                .filter(name -> name.startsWith("host_"))
                .filter(name -> supervisor.inspect(name) instanceof SupervisedState.Running)
                .reduce((_, _) -> {
                    throw new AssertionError("more than one host");
                })
                .orElseThrow();
    }

    private ProcessHandle java() {
        int launcher = ((SupervisedState.Running) supervisor.inspect(host())).pid();
        return ProcessHandle.of(launcher)
                .orElseThrow()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("/java"))
                .findFirst()
                .orElseThrow();
    }

    /** A node that was killed closes nothing: its driver is just not there any more. */
    @Test
    void theNextNodeTakesOverWhatItWantsOfTheHost() throws Exception {
        String before = loaded(boot("f@1"));
        String other = loaded(boot("g@1"));
        String host = host();
        HostDriver killed = driver;
        supervisor.close();
        open();
        assertThat(loaded(boot("f@1"))).as("not booted again").isEqualTo(before);
        assertThat(loaded(boot("f@1"))).as("one template is taken over once").isNotNull();
        assertThat(host()).isEqualTo(host);
        assertThat(other).isNotEqualTo(before);
        assertThat(killed).isNotSameAs(driver);
    }

    @Test
    void theEndOfTheHostEndsCallsUnderWayAndTheNextOneHasAnother() throws Exception {
        Template template = boot("f@1");
        String first = host();
        CountDownLatch waits = new CountDownLatch(1);
        CompletableFuture<Outcome> under = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                under.complete(call(template, "wait", (_, _) -> waits.countDown()));
            } catch (Exception e) {
                under.completeExceptionally(e);
            }
        });
        Machine idle = template.fork();
        assertThat(waits.await(30, TimeUnit.SECONDS))
                .as("output comes while the call runs")
                .isTrue();
        assertThat(java().destroyForcibly()).isTrue();
        caller.join();
        assertThat(under.join())
                .isInstanceOfSatisfying(
                        Outcome.Crashed.class,
                        crashed -> assertThat(crashed.reason()).contains("machine host"));
        idle.close();
        assertThat(loaded(template)).as("in a new host").isNotEmpty();
        assertThat(host()).isNotEqualTo(first);
    }

    /** What the kernel says of the process that guests would have broken into. */
    @Test
    void theHostIsJailed() throws Exception {
        loaded(boot("f@1"));
        Path process = Path.of("/proc/" + java().pid());
        Map<String, String> status = new HashMap<>();
        for (String line : Files.readAllLines(process.resolve("status"))) {
            String[] parts = line.split(":", 2);
            status.put(parts[0], parts[1].strip());
        }
        assertThat(status.get("Seccomp")).as("filtered").isEqualTo("2");
        assertThat(Integer.parseInt(status.get("Seccomp_filters")))
                .as("the launcher's, and its own")
                .isGreaterThanOrEqualTo(2);
        assertThat(status.get("NoNewPrivs")).isEqualTo("1");
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            assertThat(status.get(set)).as(set).matches("0+");
        }
        assertThat(status.get("Uid")).doesNotStartWith("0\t");
        for (String namespace : List.of("mnt", "pid", "net", "ipc", "uts", "user")) {
            assertThat(Files.readSymbolicLink(process.resolve("ns").resolve(namespace)))
                    .as(namespace)
                    .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns", namespace)));
        }
    }

    @Test
    void theHostSeesNothingOfTheNodeButCode() throws Exception {
        loaded(boot("f@1"));
        Path root = Path.of("/proc/" + java().pid() + "/root");
        assumeTrue(Files.isReadable(root.resolve("usr")), "only root looks into another process's files");
        assertThat(root.resolve("host/code/f/app.py")).exists();
        assertThat(root.resolve(data.toString().substring(1)))
                .as("the data directory")
                .doesNotExist();
        assertThat(root.resolve("etc/shadow")).doesNotExist();
        assertThat(root.resolve("root")).doesNotExist();
        assertThat(root.resolve("home")).doesNotExist();
        assertThat(root.resolve("dev/kvm")).doesNotExist();
        List<String> writable;
        try (var lines = Files.lines(Path.of("/proc/" + java().pid() + "/mountinfo"))) {
            writable = lines.map(line -> line.split(" "))
                    .filter(fields -> fields[5].startsWith("rw"))
                    .map(fields -> fields[4])
                    .filter(path -> !path.startsWith("/dev/"))
                    .sorted()
                    .toList();
        }
        assertThat(writable).containsExactly("/host/templates", "/proc", "/tmp");
    }

    @Test
    void functionsThatComeLaterAreSeen() throws Exception {
        driver.prepare();
        Path later = Files.createDirectory(data.resolve("code/later"));
        Files.setPosixFilePermissions(later, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(later.resolve("app.py"), CODE);
        Template template = driver.boot(new TemplateSpec(
                "later@1",
                GuestRuntime.PYTHON3,
                "app.handle",
                later,
                Map.of(),
                64L << 20,
                1,
                true,
                Duration.ofSeconds(60)));
        assertThat(loaded(template)).isNotEmpty();
    }

    @Test
    void templatesAreKeptInTheDirectory() throws Exception {
        loaded(boot("f@1"));
        await().untilAsserted(() -> {
            try (var files = Files.list(data.resolve("templates"))) {
                assertThat(files.map(Path::toString)).anyMatch(name -> name.endsWith(".template"));
            }
        });
    }
}
