package mayfly.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import mayfly.store.postgres.PostgresDialect;
import mayfly.store.sql.SqlStore;
import mayfly.store.sqlite.SqliteDialect;
import mayfly.store.sqlite.SqliteLibrary;

/** Opens stores. All of it throws {@link StoreException}, saying what to do. */
public final class Stores {
    private Stores() {}

    /**
     * The embedded engine: {@code store.db} in the data directory, which is made (0700) when it is not there. The caller
     * holds the directory's lock.
     */
    public static Store embedded(Path dataDirectory) {
        try {
            Files.createDirectories(
                    dataDirectory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            SqliteLibrary.provide(dataDirectory.resolve("run").resolve("sqlite"));
        } catch (IOException e) {
            throw new StoreException(
                    StoreException.Kind.FAILED,
                    "cannot use " + dataDirectory + ": " + e
                            + ". Choose another data directory or correct its permissions",
                    e);
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
}
