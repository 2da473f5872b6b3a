package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Rest;

/**
 * What a node has on its host at one moment: processes, mounts, control groups, supervised directories, code, open
 * files. A fault has left nothing behind when the host looks again as it did before.
 *
 * @param processes pid to name, of everything that was started through {@link Rest}, and monitors, but not the node
 * @param files how many descriptors the node has open
 */
record Traces(
        SortedMap<Long, String> processes,
        Set<String> mounts,
        Set<String> cgroups,
        Set<String> supervised,
        Set<String> code,
        int files) {
    /** Connections of clients that keep them, and files that a JVM opens when it likes. */
    private static final int FILES_SLACK = 16;

    private static final Duration SETTLE_MAX = Duration.ofSeconds(20);

    /** Every supervised command that was ever looked at: control groups are named after them. */
    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

    static Traces of(ChildNode node) {
        try {
            Set<String> supervised = new TreeSet<>(names(node.data().resolve("supervised")));
            supervised.removeIf(Traces::isMachineHost);
            SEEN.addAll(supervised);
            return new Traces(
                    processes(node),
                    mounts(node.data()),
                    groupsOfCommands(),
                    supervised,
                    names(node.data().resolve("code")),
                    names(Path.of("/proc", Long.toString(node.pid()), "fd")).size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until nothing is there that was not there now, and fails with what is. */
    void awaitAgain(ChildNode node) {
        await().atMost(SETTLE_MAX).untilAsserted(() -> assertNoMoreThanThis(of(node)));
    }

    private void assertNoMoreThanThis(Traces later) {
        SortedMap<Long, String> more = new TreeMap<>(later.processes);
        more.keySet().removeAll(processes.keySet());
        assertThat(more).as("processes left behind").isEmpty();
        assertThat(without(later.mounts, mounts)).as("mounts left behind").isEmpty();
        assertThat(without(later.cgroups, cgroups))
                .as("control groups left behind")
                .isEmpty();
        assertThat(without(later.supervised, supervised))
                .as("supervised directories left behind")
                .isEmpty();
        assertThat(without(later.code, code)).as("code left behind").isEmpty();
        assertThat(later.files).as("open files of the node").isLessThanOrEqualTo(files + FILES_SLACK);
    }

    private static Set<String> without(Set<String> all, Set<String> known) {
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(known);
        return rest;
    }

    /** By their mark in the environment, or because they work in the data directory, as monitors do. */
    static SortedMap<Long, String> processes(ChildNode node) throws IOException {
        String mark = Rest.MARK + "=" + ProcessHandle.current().pid();
        SortedMap<Long, String> found = new TreeMap<>();
        for (String name : names(Path.of("/proc"))) {
            if (!name.matches("[0-9]+") || Long.parseLong(name) == node.pid()) {
                continue;
            }
            Path process = Path.of("/proc", name);
            if (isMarked(process, mark) || worksIn(process, node.data())) {
                found.put(Long.parseLong(name), nameOf(process));
            }
        }
        return found;
    }

    private static boolean isMarked(Path process, String mark) {
        try {
            String environment = Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);
            return Arrays.asList(environment.split("\0", -1)).contains(mark);
        } catch (IOException e) {
            return false; // gone, or another user's
        }
    }

    private static boolean worksIn(Path process, Path data) {
        try {
            Path cwd = Files.readSymbolicLink(process.resolve("cwd"));
            return cwd.startsWith(data) && !isMachineHost(cwd.getFileName().toString());
        } catch (IOException e) {
            return false;
        }
    }

    /** It is the node's own and stays while machines come and go in it. */
    private static boolean isMachineHost(String supervised) {
        return supervised.startsWith("host_");
    }

    private static String nameOf(Path process) {
        try {
            String arguments = Files.readString(process.resolve("cmdline")).replace('\0', ' ');
            return arguments.isBlank() ? Files.readString(process.resolve("stat")) : arguments.strip();
        } catch (IOException e) {
            return "gone";
        }
    }

    private static Set<String> mounts(Path data) throws IOException {
        Set<String> mounts = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (line.contains(data.toString()) || line.contains("mayfly")) {
                mounts.add(line);
            }
        }
        return mounts;
    }

    /** Those that are named after a command of ours: other nodes may run on this host. */
    private static Set<String> groupsOfCommands() throws IOException {
        Path root = Path.of("/sys/fs/cgroup");
        if (!Files.isDirectory(root)) {
            return Set.of();
        }
        Set<String> found = new TreeSet<>();
        try (Stream<Path> all = Files.walk(root, 6)) {
            all.filter(path -> SEEN.contains(path.getFileName().toString()))
                    .forEach(path -> found.add(path.toString()));
        } catch (UncheckedIOException e) {
            return groupsOfCommands(); // one vanished while we looked
        }
        return found;
    }

    private static Set<String> names(Path directory) throws IOException {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (NoSuchFileException e) {
            return names;
        }
        return names;
    }
}
