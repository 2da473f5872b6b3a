package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.store.StoreException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may happen to a file that others can reach. */
final class SqliteFileTest {
    @TempDir
    Path directory;

    private final Records records = new Records(1);

    @Test
    void theDataDirectoryIsMadeForItsOwnerAlone() throws Exception {
        Path data = directory.resolve("new/data");
        Stores.embedded(data).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwx------");
        assertThat(data.resolve("store.db")).exists();
        assertThat(data.resolve("store.db-wal"))
                .as("an orderly end leaves one file")
                .doesNotExist();
    }

    @Test
    void aFileThatIsNoDatabaseIsNamed() throws Exception {
        Files.writeString(directory.resolve("store.db"), "this is not a database, but long enough ".repeat(100));
        assertThatThrownBy(() -> Stores.embedded(directory))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FAILED))
                .hasMessageContaining(directory.resolve("store.db").toString());
    }

    @Test
    void aPlaceThatCannotBeMadeIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> Stores.embedded(file.resolve("data")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FAILED))
                .hasMessageContaining("Choose another data directory");
    }

    @Test
    void twoWritersOnOneFileWaitForEachOther() throws Exception {
        List<InvocationRecord> put = new ArrayList<>();
        try (Store one = Stores.embedded(directory);
                Store two = Stores.embedded(directory)) {
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                put.add(records.invocation("success"));
                all.add((i % 2 == 0 ? one : two).putInvocation(put.getLast()));
            }
            for (CompletableFuture<Void> future : all) {
                EngineTest.done(future);
            }
            for (InvocationRecord record : put) {
                assertThat(one.invocation(record.id())).isPresent();
            }
        }
    }

    @Test
    void aForeignWriterIsReportedAndSurvived() throws Exception {
        try (Store store = Stores.embedded(directory);
                Connection foreign = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("store.db"));
                Statement statement = foreign.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            assertThat(EngineTest.failure(store.putInvocation(records.invocation("success"))))
                    .isEqualTo(Kind.LOCKED);
            statement.execute("COMMIT");
            EngineTest.done(store.putInvocation(records.invocation("success")));
        }
    }

    @Test
    void nothingOfTheWrongTypeIsStored() throws Exception {
        Stores.embedded(directory).close();
        try (Connection foreign = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("store.db"));
                Statement statement = foreign.createStatement()) {
            assertThatThrownBy(() -> statement.execute("INSERT INTO artifacts VALUES ('a', 'text for bytes')"))
                    .hasMessageContaining("cannot store TEXT value in BLOB column");
            try (ResultSet check = statement.executeQuery("PRAGMA integrity_check")) {
                assertThat(check.getString(1)).isEqualTo("ok");
            }
        }
    }

    @Test
    void theLogDoesNotGrowWithoutBoundUnderSteadyReads() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> readers = new ArrayList<>();
        try (Store store = Stores.embedded(directory)) {
            for (int r = 0; r < 3; r++) {
                readers.add(Thread.ofPlatform().start(() -> {
                    while (!stop.get()) {
                        assertThat(store.invocations(new InvocationFilter(null, null, null, 1000)))
                                .hasSizeLessThanOrEqualTo(1000);
                    }
                }));
            }
            long written = 0;
            long largest = 0;
            while (written < 80 << 20) {
                List<CompletableFuture<Void>> all = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    all.add(store.putArtifact("%064x".formatted(written + i), new byte[40_000]));
                }
                for (CompletableFuture<Void> future : all) {
                    EngineTest.done(future);
                }
                written += 50 * 40_000;
                largest = Math.max(largest, Files.size(directory.resolve("store.db-wal")));
            }
            stop.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
            System.out.println(
                    "log: at most " + (largest >> 20) + " MiB while " + (written >> 20) + " MiB were written");
            assertThat(largest).isLessThan(64 << 20);
        }
    }
}
