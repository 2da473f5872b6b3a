package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import mayfly.base.ActorId;
import mayfly.base.InvocationId;
import mayfly.base.TaskId;
import org.junit.jupiter.api.Test;

/**
 * Kill -9 in a loop: nothing that was answered with success may be missing afterwards. A few rounds by default, many
 * with {@code -Dmayfly.soak=true}, and then the database server is killed too.
 */
final class CrashTest {
    private static final boolean SOAK = Boolean.getBoolean("mayfly.soak");
    private static final int ROUNDS = SOAK ? 60 : 3;

    private final Random random = new Random();
    private final List<String> told = new ArrayList<>();

    @Test
    void sqliteKeepsItsWordWhenTheNodeIsKilled() throws Exception {
        try (TestEngine engine = TestEngine.sqlite()) {
            for (int round = 0; round < ROUNDS; round++) {
                killed(engine, () -> {});
                everythingToldIsThere(engine);
            }
            Path unpacked = Path.of(engine.place(), "run", "sqlite");
            try (Stream<Path> files = Files.list(unpacked)) {
                assertThat(files).as("copies of the library do not pile up").hasSize(1);
            }
        }
    }

    @Test
    void postgresqlKeepsItsWordWhenTheNodeIsKilled() throws Exception {
        try (TestEngine engine = TestEngine.postgres()) {
            for (int round = 0; round < ROUNDS; round++) {
                killed(engine, () -> {});
                everythingToldIsThere(engine);
            }
        }
    }

    @Test
    void postgresqlKeepsItsWordWhenTheServerIsKilled() throws Exception {
        PostgresServer server = PostgresServer.shared();
        try (TestEngine engine = TestEngine.postgres()) {
            for (int round = 0; round < (SOAK ? 20 : 1); round++) {
                try {
                    killed(engine, server::kill);
                } finally {
                    server.start();
                }
                everythingToldIsThere(engine);
            }
        }
    }

    private interface Also {
        void kill() throws Exception;
    }

    /** Lets a child write until it was told of some writes, kills it, and keeps what it was told. */
    private void killed(TestEngine engine, Also also) throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrashWriter.class.getName(),
                        engine.place(),
                        Long.toString(random.nextLong()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = child.inputReader()) {
            int enough = told.size() + 20 + random.nextInt(3000);
            while (told.size() < enough) {
                String line = lines.readLine();
                assertThat(line).as("the child ended by itself").isNotNull();
                told.add(line);
            }
            also.kill();
            // Not Process.destroyForcibly: it throws away what is still in the pipe.
            child.toHandle().destroyForcibly();
            // What it said in its last moments counts too; only a line without its end was not said.
            StringBuilder rest = new StringBuilder();
            for (int c = lines.read(); c >= 0; c = lines.read()) {
                rest.append((char) c);
            }
            String whole = rest.substring(0, rest.lastIndexOf("\n") + 1);
            whole.lines().forEach(told::add);
            assertThat(child.waitFor()).isNotZero();
        }
    }

    private void everythingToldIsThere(TestEngine engine) {
        try (Store store = engine.open()) {
            for (String line : told) {
                String[] words = line.split(" ", -1);
                switch (words[0]) {
                    case "invocation" -> {
                        String status = store.invocation(new InvocationId(words[1]))
                                .orElseThrow(() -> new AssertionError("lost: " + line))
                                .status();
                        assertThat(status.equals("success") || words[2].equals("pending"))
                                .as(line + ", now " + status)
                                .isTrue();
                    }
                    case "task" -> {
                        TaskRecord task =
                                store.task(new TaskId(words[1])).orElseThrow(() -> new AssertionError("lost: " + line));
                        assertThat(task.version()).as(line).isGreaterThanOrEqualTo(Long.parseLong(words[2]));
                    }
                    case "service" -> {
                        ServiceRecord service =
                                store.service(words[1]).orElseThrow(() -> new AssertionError("lost: " + line));
                        assertThat(service.version()).as(line).isGreaterThanOrEqualTo(Integer.parseInt(words[2]));
                    }
                    case "artifact" -> assertThat(store.artifact(words[1])).isPresent();
                    case "function" -> {
                        FunctionRecord function = store.function(words[1]).orElseThrow();
                        assertThat(store.version(function.id(), 1)).isPresent();
                    }
                    case "actor", "kept", "deleted", "destroyed" -> actor(store.actors(), line);
                    default -> throw new AssertionError("the child said: " + line);
                }
            }
            System.out.println(store.engine() + ": killed, " + told.size() + " acknowledged writes so far, none lost");
        }
    }

    private static void actor(ActorStore store, String line) {
        String[] words = line.split(" ", -1);
        ActorId id = new ActorId(words[1]);
        ActorRecord actor = store.actor(id).orElseThrow(() -> new AssertionError("lost: " + line));
        boolean destroyed = actor.destroyedAt() != null;
        assertThat(store.actorInput(id).isPresent()).as(line).isNotEqualTo(destroyed);
        List<KvEntry> entries = store.kvList(id, KvRange.all(), false, 10);
        switch (words[0]) {
            case "actor" -> assertThat(actor.revision()).as(line).isGreaterThanOrEqualTo(Long.parseLong(words[2]));
            case "kept" -> {
                KvEntry last = entries.getLast();
                assertThat(last.key()).as(line).containsExactly(2);
                assertThat(last.value()[0]).as(line).isGreaterThanOrEqualTo(Byte.parseByte(words[2]));
                assertThat(entries.getFirst().value())
                        .as("a put is there as a whole, or not at all")
                        .isEqualTo(last.value());
            }
            case "deleted" -> assertThat(entries).as(line).hasSize(1);
            case "destroyed" -> assertThat(destroyed).as(line).isTrue();
            default -> throw new AssertionError(line);
        }
    }
}
