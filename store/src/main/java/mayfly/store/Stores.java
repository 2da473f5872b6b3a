package mayfly.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import mayfly.store.postgres.PostgresDialect;
import mayfly.store.sql.SqlStore;
import mayfly.store.sqlite.SqliteDialect;

/** Opens stores. All of it throws {@link StoreException}, saying what to do. */
public final class Stores {
    private static final String UNPACK_TO = "org.sqlite.tmpdir";

    private Stores() {}

    /**
     * The embedded engine: {@code store.db} in the data directory, which is made (0700) when it is not there. The caller
     * holds the directory's lock.
     */
    public static Store embedded(Path dataDirectory) {
        Path run = dataDirectory.resolve("run");
        try {
            Files.createDirectories(
                    dataDirectory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.createDirectories(run);
        } catch (IOException e) {
            throw unusable(run, e);
        }
        // The engine unpacks its library at first use; /tmp may be mounted noexec, or be writable by others.
        if (System.getProperty(UNPACK_TO) == null) {
            System.setProperty(UNPACK_TO, emptied(run.resolve("sqlite")).toString());
        }
        return SqlStore.open(new SqliteDialect(dataDirectory.resolve("store.db")));
    }

    /**
     * PostgreSQL 15 or newer: {@code postgresql://user:password@host:port/database}, parts percent-encoded, with the
     * driver's connection options behind a question mark. The database is there already; its tables are made. LOCKED
     * when another node uses it; IllegalArgumentException when the text is no such URL.
     */
    public static Store postgresql(String url) {
        return SqlStore.open(new PostgresDialect(url));
    }

    /** Without the copies that killed processes left: the engine's driver deletes its own only at an orderly end. */
    private static Path emptied(Path directory) {
        try {
            Files.createDirectories(directory);
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            return directory.toAbsolutePath();
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    private static StoreException unusable(Path path, IOException e) {
        return new StoreException(
                StoreException.Kind.FAILED,
                "cannot use " + path + ": " + e + ". Choose another data directory or correct its permissions",
                e);
    }
}
