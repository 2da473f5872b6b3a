package mayfly.store.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import mayfly.base.Limits;
import mayfly.store.sql.Column;
import mayfly.store.sql.Dialect;
import mayfly.store.sql.Session;
import mayfly.store.sql.Table;
import org.sqlite.SQLiteConfig;

/**
 * The embedded engine: one file, write-ahead log, fsync at every commit. Another process that opens the file (a backup,
 * a curious administrator) is waited for, then reported as LOCKED; the file is safe either way.
 */
public final class SqliteDialect implements Dialect {
    private static final int BUSY_MILLIS = 5_000;
    /** Pages written to the log before they are copied to the file: 16 MiB of 4 KiB pages. */
    private static final int CHECKPOINT_PAGES = 4_096;

    private static final int SQLITE_BUSY = 5;
    private static final int SQLITE_LOCKED = 6;
    private static final int SQLITE_READONLY = 8;
    private static final int SQLITE_IOERR = 10;
    private static final int SQLITE_CORRUPT = 11;
    private static final int SQLITE_FULL = 13;
    private static final int SQLITE_CANTOPEN = 14;
    private static final int SQLITE_NOTADB = 26;

    private final Path file;

    /** @param file is made when it is not there; its directory must be */
    public SqliteDialect(Path file) {
        this.file = file;
    }

    @Override
    public String engine() {
        return "sqlite";
    }

    @Override
    public String place() {
        return file.toString();
    }

    @Override
    public Session openWriter() throws SQLException {
        SQLiteConfig config = config();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setJournalSizeLimit(64 * Limits.MIB);
        config.enforceForeignKeys(true);
        Session session = open(config);
        session.execute("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
        return session;
    }

    @Override
    public Session openReader() throws SQLException {
        Session session = open(config());
        session.execute("PRAGMA query_only = 1");
        return session;
    }

    private static SQLiteConfig config() {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLIS);
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        return config;
    }

    private Session open(SQLiteConfig config) throws SQLException {
        return new Session(config.createConnection("jdbc:sqlite:" + file));
    }

    @Override
    public boolean holdsCarrier() {
        return true;
    }

    // The driver's own commit() begins the next transaction at once and would hold the write lock between batches, so
    // transactions are said in SQL.

    @Override
    public void begin(Session session) throws SQLException {
        session.execute("BEGIN IMMEDIATE");
    }

    @Override
    public void commit(Session session) throws SQLException {
        session.execute("COMMIT");
    }

    @Override
    public void rollback(Session session) throws SQLException {
        try {
            session.execute("ROLLBACK");
        } catch (SQLException e) {
            // A full disk makes SQLite roll back by itself; then there is nothing left to undo.
            if (!String.valueOf(e.getMessage()).contains("no transaction is active")) {
                throw e;
            }
        }
    }

    @Override
    public boolean hasTable(Session session, String name) throws SQLException {
        return session.first(row -> true, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name)
                .isPresent();
    }

    @Override
    public String ddl(String template) {
        return template.replace("{text}", "TEXT")
                .replace("{int}", "INTEGER")
                .replace("{bytes}", "BLOB")
                .replace("{strict}", "STRICT");
    }

    @Override
    public <R> void upsert(Session session, Table<R> table, List<R> rows) throws SQLException {
        List<Column<R>> columns = table.written();
        String sql = table.write("VALUES (" + String.join(", ", Collections.nCopies(columns.size(), "?")) + ")");
        PreparedStatement statement = session.prepare(sql);
        try {
            for (R row : rows) {
                int parameter = 0;
                for (Column<R> column : columns) {
                    statement.setObject(++parameter, column.value().apply(row));
                }
                statement.addBatch();
            }
            statement.executeBatch();
        } finally {
            statement.clearBatch();
        }
    }

    @Override
    public String contains(String column) {
        return "instr(" + column + ", ?) > 0";
    }

    @Override
    public Trouble trouble(SQLException e) {
        return switch (e.getErrorCode()) {
            case SQLITE_FULL -> Trouble.FULL;
            case SQLITE_BUSY, SQLITE_LOCKED -> Trouble.LOCKED;
            // A quota or a file size limit is an I/O error to SQLite.
            case SQLITE_IOERR -> hasSpace() ? Trouble.BROKEN : Trouble.FULL;
            case SQLITE_READONLY, SQLITE_CORRUPT, SQLITE_CANTOPEN, SQLITE_NOTADB -> Trouble.BROKEN;
            default -> Trouble.OWN;
        };
    }

    private boolean hasSpace() {
        try {
            return Files.getFileStore(file).getUsableSpace() >= Limits.MIB;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public String toString() {
        return "SqliteDialect[" + file + "]";
    }
}
