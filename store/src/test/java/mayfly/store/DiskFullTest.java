package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import mayfly.store.StoreException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk fails writes and nothing else. */
final class DiskFullTest {
    @TempDir
    Path directory;

    /** As root in a private mount namespace, else in a user namespace of our own, where that is allowed. */
    @Test
    void sqliteOnASmallDisk() throws Exception {
        boolean root = "root".equals(System.getProperty("user.name"));
        List<String> unshare = root ? List.of("unshare", "-m") : List.of("unshare", "-Urm");
        assumeTrue(
                run(unshare, "mount -t tmpfs -o size=1m none \"$1\"", directory.toString())
                                .status()
                        == 0,
                "cannot mount a small file system here (needs root or unprivileged user namespaces)");
        Result result = run(
                unshare,
                "mount -t tmpfs -o size=12m none \"$1\" && shift && exec \"$@\"",
                directory.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Dorg.sqlite.tmpdir=" + System.getProperty("java.io.tmpdir"),
                "-cp",
                System.getProperty("java.class.path"),
                DiskFullWriter.class.getName(),
                directory.toString());
        System.out.println("disk full: " + result.output().strip());
        assertThat(result.output()).contains("OK: ");
        assertThat(result.status()).isZero();
    }

    private record Result(int status, String output) {}

    private static Result run(List<String> before, String script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of("sh", "-c", script, "sh"));
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    /** The server says so with its own code; a trigger plays the full disk. */
    @Test
    void postgresqlWithoutSpace() throws Exception {
        PostgresServer server = PostgresServer.shared();
        String database = server.newDatabase();
        Records records = new Records(1);
        try (Store store = Stores.postgresql(server.url(database));
                Connection admin = server.connect(database);
                Statement statement = admin.createStatement()) {
            statement.execute("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
                    + " $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$");
            statement.execute("CREATE TRIGGER full_disk BEFORE INSERT ON tasks EXECUTE FUNCTION full_disk()");
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                all.add(store.putTask(records.task("t", "running", 1)));
            }
            for (CompletableFuture<Void> future : all) {
                assertThat(EngineTest.failure(future)).isEqualTo(Kind.FULL);
            }
            EngineTest.done(store.putInvocation(records.invocation("success")));
            statement.execute("DROP TRIGGER full_disk ON tasks");
            EngineTest.done(store.putTask(records.task("t", "running", 1)));
        }
    }
}
