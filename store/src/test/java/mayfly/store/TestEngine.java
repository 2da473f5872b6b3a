package mayfly.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import mayfly.store.postgres.PostgresDialect;
import mayfly.store.sql.Dialect;
import mayfly.store.sqlite.SqliteDialect;

/** One engine with an empty place for one test; stores may be opened there again and again. */
public interface TestEngine extends AutoCloseable {
    Store open();

    Dialect dialect();

    /** What a child process hands to {@link #at} to open the same store. */
    String place();

    @Override
    void close() throws IOException;

    /** The store that another process's engine uses. */
    static Store at(String place) {
        return place.startsWith("postgresql:") ? Stores.postgresql(place) : Stores.embedded(Path.of(place));
    }

    static TestEngine sqlite() throws IOException {
        return new Sqlite(Files.createTempDirectory("mayfly-store"));
    }

    /** Skips the test where no server is installed. */
    static TestEngine postgres() throws Exception {
        PostgresServer server = PostgresServer.shared();
        return new Postgres(server.url(server.newDatabase()));
    }

    record Sqlite(Path data) implements TestEngine {
        @Override
        public Store open() {
            return Stores.embedded(data);
        }

        @Override
        public Dialect dialect() {
            return new SqliteDialect(data.resolve("store.db"));
        }

        @Override
        public String place() {
            return data.toString();
        }

        @Override
        public void close() throws IOException {
            try (Stream<Path> files = Files.walk(data)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    record Postgres(String url) implements TestEngine {
        @Override
        public Store open() {
            return Stores.postgresql(url);
        }

        @Override
        public Dialect dialect() {
            return new PostgresDialect(url);
        }

        @Override
        public String place() {
            return url;
        }

        @Override
        public void close() {
            // The database goes with its server.
        }
    }
}
