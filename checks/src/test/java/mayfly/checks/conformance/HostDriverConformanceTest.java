package mayfly.checks.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import mayfly.agents.AgentFiles;
import mayfly.machine.HostReport;
import mayfly.machine.MachineDriver;
import mayfly.machine.SupervisedState;
import mayfly.machine.host.HostDriver;
import mayfly.machine.kvm.KvmDriver;
import mayfly.machine.process.ProcessSupervisor;

/** The kit on virtual machines in a jailed machine host. */
final class HostDriverConformanceTest extends MachineDriverKit {
    private ProcessSupervisor supervisor;

    @Override
    MachineDriver start(Path directory) throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "no virtual machines here: "
                        + report.features().getFirst().detail());
        Path agents = Files.createDirectory(directory.resolve("agents"));
        for (String name : AgentFiles.names()) {
            Path file = Files.write(agents.resolve(name), AgentFiles.bytes(name));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }
        Files.setPosixFilePermissions(agents, PosixFilePermissions.fromString("rwxr-xr-x"));
        supervisor = ProcessSupervisor.open(directory);
        return HostDriver.open(
                supervisor,
                agents,
                directory.resolveSibling("code"),
                Files.createDirectory(directory.resolve("templates")),
                Map.of());
    }

    @Override
    void stop() {
        if (supervisor != null) {
            supervisor.close();
        }
    }

    /** What machines hold of the host's process: descriptors and mappings. */
    @Override
    public Set<String> traces() {
        Set<String> traces = new TreeSet<>();
        for (String name : supervisor.names()) {
            if (supervisor.inspect(name) instanceof SupervisedState.Running running) {
                ProcessHandle.of(running.pid()).stream()
                        .flatMap(ProcessHandle::descendants)
                        .forEach(process -> addTraces(process.pid(), traces));
            }
        }
        return traces;
    }

    private static void addTraces(long pid, Set<String> traces) {
        Path process = Path.of("/proc/" + pid);
        try {
            try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
                descriptors.forEach(descriptor -> {
                    try {
                        String target = Files.readSymbolicLink(descriptor).toString();
                        if (target.contains("kvm-v") || target.contains("memfd:guest")) {
                            traces.add("descriptor " + descriptor.getFileName() + " " + target);
                        }
                    } catch (IOException gone) {
                        // closed meanwhile
                    }
                });
            }
            Files.readAllLines(process.resolve("maps")).stream()
                    .filter(line -> line.contains("memfd:guest") || line.contains("kvm-vcpu"))
                    .forEach(line -> traces.add("mapping " + line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
