package mayfly.checks.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import mayfly.machine.HostReport;
import mayfly.machine.MachineDriver;
import mayfly.machine.process.ProcessDriver;
import mayfly.machine.process.ProcessSupervisor;

/** The kit on sandboxed processes. */
final class ProcessDriverConformanceTest extends MachineDriverKit {
    private ProcessSupervisor supervisor;
    private Path data;
    /** Every one seen so far. */
    private final Set<String> sandboxes = new TreeSet<>();

    @Override
    MachineDriver start(Path directory) throws Exception {
        data = directory;
        supervisor = ProcessSupervisor.open(directory);
        return ProcessDriver.open(supervisor, directory, Map.of(), new HostReport("process", true, "full", List.of()));
    }

    @Override
    void stop() {
        if (supervisor != null) {
            supervisor.close();
        }
    }

    @Override
    public Set<String> traces() {
        Set<String> traces = new TreeSet<>();
        try {
            try (Stream<Path> entries = Files.list(data.resolve("supervised"))) {
                entries.forEach(entry -> {
                    sandboxes.add(entry.getFileName().toString());
                    traces.add("directory " + entry.getFileName());
                });
            }
            Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                    .filter(line ->
                            line.contains(data.toString()) || line.contains(" /mayfly ") || line.contains(" /app "))
                    .forEach(line -> traces.add("mount " + line));
            addProcesses(traces);
            addCgroups(traces);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return traces;
    }

    /** Sandboxed processes carry the function's name in their environment. */
    private static void addProcesses(Set<String> traces) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            entries.filter(entry -> entry.getFileName().toString().matches("[0-9]+"))
                    .forEach(entry -> {
                        try {
                            String environment = Files.readString(
                                    entry.resolve("environ"), java.nio.charset.StandardCharsets.ISO_8859_1);
                            if (environment.contains("MAYFLY_FUNCTION=" + GuestBed.FUNCTION)) {
                                traces.add("process " + entry.getFileName());
                            }
                        } catch (IOException e) {
                            // gone, or another user's
                        }
                    });
        }
    }

    private void addCgroups(Set<String> traces) throws IOException {
        Files.walkFileTree(Path.of("/sys/fs/cgroup"), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                if (sandboxes.contains(directory.getFileName().toString())) {
                    traces.add("cgroup " + directory);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
