package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random system calls with random arguments, in a forked machine that is reset again and again. No mistake of ours shows
 * itself, no host file changes, nothing leaks, and each reset gives the template's state. 5 seconds; with
 * -Dmayfly.soak=true 5 minutes, or -Dmayfly.soak.seconds=N; -Dmayfly.seed=N repeats one round.
 */
class SystemCallFuzzTest {
    private static final Duration PATIENCE = Duration.ofMillis(300);
    private static final int CALLS = 1000;

    private final Map<String, Integer> outcomes = new TreeMap<>();
    private long rounds;
    private long calls;
    private String last = "";
    private final Map<String, Integer> results = new TreeMap<>();
    private final Set<String> succeeded = new TreeSet<>();
    private final List<String> bugs = new ArrayList<>();

    @Test
    void randomCallsBreakNothing(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path tree = Files.createDirectories(directory.resolve("tree/deep"));
        Files.writeString(tree.resolve("file"), "content\n".repeat(2000));
        Files.createSymbolicLink(directory.resolve("tree/link"), Path.of("deep/file"));
        Files.createSymbolicLink(directory.resolve("tree/out"), Path.of("/etc/passwd"));
        Path program = Victim.compile(directory, "fuzz", source());
        String files = inventory(directory);
        Long seed = Long.getLong("mayfly.seed");
        long seconds = Long.getLong("mayfly.soak.seconds", Boolean.getBoolean("mayfly.soak") ? 300 : 5);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        String before = Victim.held();
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                long current = seed != null ? seed : System.nanoTime();
                victim.machine().program().trace((_, name, _, result) -> count(name, result));
                String held = "";
                do {
                    round(victim, current++);
                    if (held.isEmpty()) {
                        held = Victim.held();
                    }
                } while (seed == null && System.nanoTime() < until && bugs.size() < 20);
                Victim.assertNoMoreIsHeld(held);
            }
            return null;
        });
        System.out.println(
                "SystemCallFuzzTest: " + calls + " calls of " + results.size() + " kinds, of which " + succeeded.size()
                        + " succeeded at least once, in " + rounds
                        + " rounds of " + seconds + " s: " + outcomes);
        if (Boolean.getBoolean("mayfly.soak")) {
            results.keySet().removeAll(succeeded);
            results.keySet().removeIf(name -> name.startsWith("call_"));
            System.out.println("never succeeded: " + results);
        }
        assertThat(bugs).isEmpty();
        assertThat(inventory(directory)).isEqualTo(files);
        Victim.assertNoMoreIsHeld(before);
    }

    private void round(Victim victim, long seed) {
        try {
            String outcome = victim.ask(CALLS, seed * 0x9E3779B97F4A7C15L, PATIENCE);
            rounds++;
            if (outcome.contains("bug")) {
                bugs.add("seed " + seed + ": " + outcome);
            }
            outcomes.merge(outcome.equals("idle") ? "idle " + last : outcome.replaceAll("[ :].*", ""), 1, Integer::sum);
            victim.recover(seed);
        } catch (Throwable t) {
            throw new AssertionError("-Dmayfly.seed=" + seed + " after " + bugs, t);
        }
    }

    private void count(String name, long result) {
        calls++;
        last = name;
        results.merge(name, 1, Integer::sum);
        if (result >= 0) {
            succeeded.add(name);
        }
    }

    private static String source() throws IOException {
        try (InputStream in = SystemCallFuzzTest.class.getResourceAsStream("fuzz.c")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Names, sizes, times and contents of all below a directory. */
    private static String inventory(Path directory) throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted().toList()) {
                all.append(path)
                        .append(' ')
                        .append(Files.readAttributes(
                                path,
                                "unix:mode,size,lastModifiedTime,ctime,nlink",
                                java.nio.file.LinkOption.NOFOLLOW_LINKS));
                if (Files.isRegularFile(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                    all.append(' ').append(java.util.Arrays.hashCode(Files.readAllBytes(path)));
                }
                all.append('\n');
            }
        }
        return all.toString();
    }
}
