package mayfly.machine.process;

import static mayfly.machine.process.SupervisedTestBed.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mayfly.machine.SupervisedState;
import mayfly.machine.SupervisedState.ExecFailed;
import mayfly.machine.SupervisedState.Running;
import mayfly.machine.SupervisedState.Starting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of a whole node in the middle of spawning: what was started goes on, and all of it is found. */
class KilledNodeTest {
    private static final int ROUNDS = 3;

    @Test
    void everySpawnIsFoundAgain(@TempDir Path data) throws Exception {
        long seed = System.nanoTime();
        System.out.println("killed node seed " + seed);
        Random random = new Random(seed);
        List<String> spawned = new ArrayList<>();
        try (SupervisedTestBed bed = new SupervisedTestBed(data)) {
            for (int round = 0; round < ROUNDS; round++) {
                runAndKill(data, round, 5 + random.nextInt(20), spawned);
            }
            ProcessSupervisor supervisor = bed.open(SupervisedTestBed.withStartGrace(Duration.ofMillis(500)));
            await().atMost(PATIENCE)
                    .until(() -> supervisor.inspectAll().values().stream().noneMatch(Starting.class::isInstance));
            Map<String, SupervisedState> states = supervisor.inspectAll();
            assertThat(states.keySet()).containsAll(spawned);
            states.forEach((name, state) -> {
                if (spawned.contains(name)) {
                    assertThat(state).as(name).isInstanceOf(Running.class);
                }
                // The one that was under way: it runs, and is seen to run, or it never will.
                assertThat(state).as(name).isInstanceOfAny(Running.class, ExecFailed.class);
                if (state instanceof Running running) {
                    assertThat(running.monitored()).isTrue();
                    assertThat(bed.awaitLine(name)).isEqualTo(name);
                }
            });
            assertThat(states.size()).isBetween(spawned.size(), spawned.size() + ROUNDS);
        }
    }

    private static void runAndKill(Path data, int round, int spawns, List<String> spawned) throws Exception {
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SupervisorVictim.class.getName(),
                        data.toString(),
                        Integer.toString(round))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = node.inputReader()) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", -1);
                if (words[0].equals("spawned")) {
                    spawned.add(words[1]);
                } else if (++seen == spawns) {
                    // In the middle of a spawn; what it prints before it dies is read too.
                    node.toHandle().destroyForcibly();
                }
            }
        } finally {
            node.destroyForcibly();
        }
        assertThat(node.waitFor()).isEqualTo(128 + 9);
    }
}
