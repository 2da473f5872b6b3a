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
import mayfly.machine.kvm.KvmDriver;

/** The kit on virtual machines. */
final class KvmDriverConformanceTest extends MachineDriverKit {
    @Override
    MachineDriver start(Path directory) throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "no virtual machines here: "
                        + report.features().getFirst().detail());
        return KvmDriver.open(agents(directory), Map.of());
    }

    /** A new directory with the agents' files. */
    static Path agents(Path directory) throws IOException {
        Path agents = Files.createDirectory(directory.resolve("agents"));
        for (String name : AgentFiles.names()) {
            Files.write(agents.resolve(name), AgentFiles.bytes(name));
        }
        Files.setPosixFilePermissions(agents, PosixFilePermissions.fromString("rwxr-xr-x"));
        return agents;
    }

    @Override
    void stop() {}

    /** What machines hold of this process: descriptors and mappings. */
    @Override
    public Set<String> traces() {
        return held();
    }

    static Set<String> held() {
        Set<String> traces = new TreeSet<>();
        try {
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
                descriptors.forEach(descriptor -> {
                    try {
                        String target = Files.readSymbolicLink(descriptor).toString();
                        if (target.contains("kvm-v")
                                || target.contains("memfd:guest")
                                || target.endsWith(".template")) {
                            traces.add("descriptor " + descriptor.getFileName() + " " + target);
                        }
                    } catch (IOException gone) {
                        // was the listing's own
                    }
                });
            }
            Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line ->
                            line.contains("memfd:guest") || line.contains(".template") || line.contains("kvm-vcpu"))
                    .forEach(line -> traces.add("mapping " + line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return traces;
    }
}
