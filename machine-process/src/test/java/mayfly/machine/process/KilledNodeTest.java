package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mayfly.machine.SupervisedState;
import mayfly.machine.SupervisedState.Running;
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
        List<String> intended = new ArrayList<>();
        try (SupervisedTestBed bed = new SupervisedTestBed(data)) {
            for (int round = 0; round < ROUNDS; round++) {
                runAndKill(data, round, 5 + random.nextInt(20), spawned, intended);
            }
            ProcessSupervisor supervisor = bed.open();
            assertThat(intended).containsAll(spawned);
            for (String name : intended) {
                // Those that run are not started again; those that were under way are, or come up by themselves.
                SupervisedState state = supervisor.spawn(name, SupervisorVictim.spec(name));
                assertThat(state)
                        .as(name)
                        .isInstanceOfSatisfying(
                                Running.class,
                                running -> assertThat(running.monitored()).isTrue());
            }
            assertThat(supervisor.names()).containsExactlyInAnyOrderElementsOf(intended);
            for (String name : intended) {
                assertThat(bed.awaitLine(name)).as("it ran once").isEqualTo(name);
            }
        }
    }

    private static void runAndKill(Path data, int round, int spawns, List<String> spawned, List<String> intended)
            throws Exception {
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
                    continue;
                }
                intended.add(words[1]);
                if (++seen == spawns) {
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
