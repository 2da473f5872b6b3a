package mayfly.machine.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import mayfly.machine.HostReport;
import mayfly.machine.HostReport.Feature;
import mayfly.machine.MachineException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Finds out what this host gives to sandboxes, by having the monitor's binary try each thing in a child. */
public final class HostProbe {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int ANSWER_BYTES_MAX = 256 * 1024;
    private static final long SECONDS_MAX = 30;
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    /** What each of a sandbox's promises about other processes, files and the network rests on. */
    private static final Set<String> NAMESPACES =
            Set.of("userns", "pidns", "mountns", "netns", "ipcns", "utsns", "tmpfs", "proc", "pivot_root", "open_tree");

    private HostProbe() {}

    /**
     * Probes before there is a supervisor, so that the supervisor can be given the {@link #cgroups}.
     *
     * @param dataDirectory where the monitor's executable is put, as the supervisor does
     */
    public static HostReport runFrom(Path dataDirectory) throws MachineException {
        try {
            return run(MonitorExecutable.extract(ProcessSupervisor.runDirectory(dataDirectory.toAbsolutePath())));
        } catch (IOException e) {
            throw new MachineException("probe: " + e.getMessage(), e);
        }
    }

    /**
     * Probes once; takes about 0.1 s, and leaves nothing behind.
     *
     * @param monitorExecutable see {@link ProcessSupervisor#executable}
     * @throws MachineException the probe cannot be executed, or says nothing that can be read
     */
    public static HostReport run(Path monitorExecutable) throws MachineException {
        ProcessBuilder builder = new ProcessBuilder(monitorExecutable.toString(), "probe")
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        try {
            Process probe = builder.start();
            try {
                probe.getOutputStream().close();
                byte[] answer = probe.getInputStream().readNBytes(ANSWER_BYTES_MAX);
                if (!probe.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                    throw new MachineException("probe: did not end in " + SECONDS_MAX + " s");
                }
                return parse(answer);
            } finally {
                probe.destroyForcibly();
            }
        } catch (IOException e) {
            throw new MachineException("probe: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MachineException("probe: interrupted", e);
        }
    }

    static HostReport parse(byte[] answer) throws MachineException {
        JsonNode json;
        try {
            json = JSON.readTree(answer);
        } catch (JacksonException e) {
            throw new MachineException("probe: not JSON: " + new String(answer, StandardCharsets.UTF_8).strip(), e);
        }
        if (json.path("v").intValue(0) != 1 || !json.path("features").isObject()) {
            throw new MachineException("probe: not version 1: " + json);
        }
        List<Feature> features = json.get("features").properties().stream()
                .map(entry -> new Feature(
                        entry.getKey(),
                        entry.getValue().path("available").booleanValue(false),
                        entry.getValue().path("detail").stringValue(""),
                        entry.getValue().path("remedy").stringValue("")))
                .toList();
        return report(features);
    }

    /** Whether a sandbox has namespaces of its own here: a program in it then sees the paths that it was promised. */
    public static boolean hasNamespaces(HostReport probe) {
        return probe.features().stream()
                .filter(Feature::available)
                .map(Feature::name)
                .collect(Collectors.toSet())
                .containsAll(NAMESPACES);
    }

    private static HostReport report(List<Feature> features) {
        Set<String> available =
                features.stream().filter(Feature::available).map(Feature::name).collect(Collectors.toSet());
        boolean namespaces = available.containsAll(NAMESPACES);
        boolean seccomp = available.contains("seccomp");
        boolean landlock = available.contains("landlock");
        boolean cgroups = available.contains("cgroup_v2_memory") || available.contains("cgroup_v1_memory");
        // Without namespaces Landlock is the only wall around the host's files; without either there is no sandbox.
        boolean usable = (namespaces || landlock) && seccomp;
        String level = !usable ? "none" : namespaces && landlock && cgroups ? "full" : "reduced";
        return new HostReport("process", usable, level, features);
    }

    /**
     * The directories under which sandboxes can be counted and limited: for {@link SupervisorSettings#withCgroups}.
     * Empty when the host gives none.
     */
    public static List<Path> cgroups(HostReport report) {
        try {
            return cgroups(report, Files.readAllLines(Path.of("/proc/self/cgroup")));
        } catch (IOException noCgroups) {
            return List.of();
        }
    }

    /** @param own the lines of /proc/self/cgroup: number, controllers, this process's group */
    static List<Path> cgroups(HostReport report, List<String> own) {
        Set<String> available = report.features().stream()
                .filter(Feature::available)
                .map(Feature::name)
                .collect(Collectors.toSet());
        List<Path> parents = new ArrayList<>();
        for (String line : own) {
            String[] fields = line.split(":", 3);
            if (fields.length < 3) {
                continue;
            }
            Path group = Path.of("/").relativize(Path.of(fields[2]));
            if (fields[1].isEmpty() && available.contains("cgroup_v2_memory")) {
                Path unified = CGROUPS.resolve("unified");
                parents.add((Files.isDirectory(unified) ? unified : CGROUPS).resolve(group));
            }
            for (String controller : List.of("memory", "pids")) {
                if (List.of(fields[1].split(",", -1)).contains(controller)
                        && available.contains("cgroup_v1_" + controller)) {
                    parents.add(CGROUPS.resolve(controller).resolve(group));
                }
            }
        }
        return parents;
    }
}
