package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import mayfly.agents.AgentFiles;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;

/** Guests for the conformance kit: their code on disk, templates of them, and calls. Closes what a test leaves open. */
final class GuestBed implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Of this run only: other nodes may live on the same host. */
    static final String FUNCTION = "kit-" + ProcessHandle.current().pid() + "@1";

    static final long MEMORY_BYTES = 128L << 20;

    private final MachineDriver driver;
    private final Path work;
    private final Ids ids = Ids.system();
    private final List<Template> opened = new ArrayList<>();
    private final Map<GuestRuntime, Path> code = new EnumMap<>(GuestRuntime.class);

    /** @param work an empty directory that every user can enter */
    GuestBed(MachineDriver driver, Path work) {
        this.driver = driver;
        this.work = work;
    }

    /** Skips the test where this host has no such runtime. */
    void require(GuestRuntime runtime) throws Exception {
        if (runtime == GuestRuntime.NATIVE) {
            assumeTrue(
                    Files.isExecutable(Path.of("/usr/bin/gcc")), "no gcc on this host to build the native guest with");
            return;
        }
        String missing = driver.host().features().stream()
                .filter(feature -> feature.name().equals(runtime.wireName()) && !feature.available())
                .map(feature -> feature.detail() + "; " + feature.remedy())
                .findFirst()
                .orElse("");
        assumeTrue(missing.isEmpty(), missing);
    }

    /** The guest's code for a runtime: guest.py, guest.js, or guest.c built to a program. */
    Path code(GuestRuntime runtime) throws Exception {
        Path known = code.get(runtime);
        if (known != null) {
            return known;
        }
        Path directory = switch (runtime) {
            case PYTHON3 -> directory("python3", Map.of("guest.py", resource("guest.py")));
            case NODE -> directory("node", Map.of("guest.js", resource("guest.js")));
            case NATIVE -> program();
        };
        code.put(runtime, directory);
        return directory;
    }

    /** A code directory with these files. */
    Path directory(String name, Map<String, String> files) throws IOException {
        Path directory = Files.createTempDirectory(work, name);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (var file : files.entrySet()) {
            Path path = Files.writeString(directory.resolve(file.getKey()), file.getValue());
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        }
        return directory;
    }

    private Path program() throws Exception {
        Path source = directory("native-source", Map.of("guest.c", resource("guest.c")));
        Files.write(source.resolve("mayfly.h"), AgentFiles.bytes(AgentFiles.HEADER));
        Path built = directory("native", Map.of());
        Process gcc = new ProcessBuilder(
                        "gcc",
                        "-std=c17",
                        "-O1",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-D_GNU_SOURCE",
                        "-I" + source,
                        "-o",
                        built.resolve("program").toString(),
                        source.resolve("guest.c").toString())
                .inheritIO()
                .start();
        assertThat(gcc.waitFor(60, TimeUnit.SECONDS)).as("gcc ends").isTrue();
        assertThat(gcc.exitValue()).as("gcc").isZero();
        return built;
    }

    static String resource(String name) throws IOException {
        try (InputStream in = GuestBed.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The guest's template, each machine for one unit of work. */
    Template fresh(GuestRuntime runtime) throws Exception {
        return boot(spec(runtime, code(runtime), handler(runtime, "handle"), false));
    }

    /** The guest's template, machines reusable. */
    Template reusable(GuestRuntime runtime) throws Exception {
        return boot(spec(runtime, code(runtime), handler(runtime, "handle"), true));
    }

    static String handler(GuestRuntime runtime, String function) {
        return runtime == GuestRuntime.NATIVE ? "frames" : "guest." + function;
    }

    static TemplateSpec spec(GuestRuntime runtime, Path code, String handler, boolean reusable) {
        return new TemplateSpec(
                FUNCTION,
                runtime,
                handler,
                code,
                Map.of("KIT", "yes"),
                MEMORY_BYTES,
                8,
                reusable,
                Duration.ofSeconds(30));
    }

    Template boot(TemplateSpec spec) throws InitFailedException, MachineException {
        Template template = driver.boot(spec);
        opened.add(template);
        return template;
    }

    /** Makes the guest do something; {@code more} is further JSON fields. */
    Outcome call(Machine machine, String deed, String more, Duration timeout, LogSink logs) {
        String event = "{\"do\":\"" + deed + "\"" + (more.isEmpty() ? "" : "," + more) + "}";
        return machine.exec(new Work(ids.invocation(), event.getBytes(StandardCharsets.UTF_8), true, timeout, logs));
    }

    Outcome call(Machine machine, String deed, Duration timeout) {
        return call(machine, deed, "", timeout, LogSink.NONE);
    }

    /** What the guest answers, which must be a success. */
    String answer(Machine machine, String deed, String more) {
        Outcome outcome = call(machine, deed, more, PATIENCE, LogSink.NONE);
        assertThat(outcome).as(deed).isInstanceOf(Outcome.Success.class);
        // ignoring blanks: each language has its own taste
        return new String(((Outcome.Success) outcome).output(), StandardCharsets.UTF_8)
                .replace(", ", ",")
                .replace(": ", ":");
    }

    String answer(Machine machine, String deed) {
        return answer(machine, deed, "");
    }

    /** In a machine of its own. */
    String freshAnswer(Template template, String deed, String more) throws MachineException {
        try (Machine machine = template.fork()) {
            return answer(machine, deed, more);
        }
    }

    Outcome bytes(Machine machine, byte[] payload, boolean json) {
        return machine.exec(new Work(ids.invocation(), payload, json, PATIENCE, LogSink.NONE));
    }

    @Override
    public void close() {
        opened.forEach(Template::close);
        opened.clear();
    }

    /** Keeps a call's output. */
    static final class Output implements LogSink {
        final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
        final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

        @Override
        public void log(int stream, byte[] bytes) {
            (stream == 2 ? stderr : stdout).writeBytes(bytes);
        }

        String all() {
            return stdout.toString(StandardCharsets.UTF_8) + stderr.toString(StandardCharsets.UTF_8);
        }
    }
}
