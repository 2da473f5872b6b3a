package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.linux.ErrnoException;
import mayfly.linux.Pidfd;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;

/** A data directory with real monitors in it; at the end nothing of what ran there is left. */
final class SupervisedTestBed implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SIGKILL = 9;

    final Path data;
    private final List<ProcessSupervisor> opened = new ArrayList<>();

    SupervisedTestBed(Path data) {
        this.data = data;
    }

    static SupervisedSpec command(String... argv) {
        return SupervisedSpec.unsandboxed(List.of(argv), Map.of("PATH", "/usr/bin:/bin"), "/");
    }

    static SupervisedSpec shell(String script) {
        return command("sh", "-c", script);
    }

    ProcessSupervisor open() throws MachineException {
        return open(SupervisorSettings.defaults());
    }

    ProcessSupervisor open(SupervisorSettings settings) throws MachineException {
        ProcessSupervisor supervisor = ProcessSupervisor.open(data, settings);
        opened.add(supervisor);
        return supervisor;
    }

    static SupervisorSettings withStartGrace(Duration grace) {
        SupervisorSettings defaults = SupervisorSettings.defaults();
        return new SupervisorSettings(
                defaults.uidFirst(),
                defaults.uidCount(),
                List.of(),
                defaults.spawnDeadline(),
                defaults.answerDeadline(),
                grace);
    }

    SupervisedDirectory directory(String name) {
        return SupervisedDirectory.of(data.resolve("supervised"), name);
    }

    String output(String name) throws IOException {
        return Files.readString(directory(name).file("stdout"));
    }

    /** Waits until the output has at least one whole line. */
    String awaitLine(String name) {
        Path file = directory(name).file("stdout");
        return await().atMost(PATIENCE)
                .until(() -> Files.exists(file) ? Files.readString(file) : "", text -> text.contains("\n"))
                .strip();
    }

    static <S extends SupervisedState> S awaitState(ProcessSupervisor supervisor, String name, Class<S> state) {
        return state.cast(await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> supervisor.inspect(name), state::isInstance));
    }

    MonitorStatus status(String name) throws IOException {
        return StatusFile.read(directory(name)).orElseThrow();
    }

    /** kill -9, and waits until it is gone. */
    static void kill(MonitorPid process, String boot) throws ErrnoException {
        Optional<Pidfd> pidfd = process.open(boot);
        if (pidfd.isPresent()) {
            try (Pidfd open = pidfd.get()) {
                open.signal(SIGKILL);
                assertThat(open.awaitExit(PATIENCE)).isTrue();
            }
        }
    }

    @Override
    public void close() throws IOException, ErrnoException {
        opened.forEach(ProcessSupervisor::close);
        Path supervised = data.resolve("supervised");
        if (!Files.exists(supervised)) {
            return;
        }
        for (String name : SupervisedDirectory.names(supervised)) {
            Optional<MonitorPidFile> pids = MonitorPidFile.read(directory(name));
            if (pids.isPresent()) {
                kill(pids.get().monitor(), pids.get().boot());
                kill(pids.get().command(), pids.get().boot());
            }
        }
    }
}
