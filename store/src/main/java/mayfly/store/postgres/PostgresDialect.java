package mayfly.store.postgres;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import mayfly.store.StoreException;
import mayfly.store.StoreException.Kind;
import mayfly.store.sql.Column;
import mayfly.store.sql.Dialect;
import mayfly.store.sql.Row;
import mayfly.store.sql.Session;
import mayfly.store.sql.Table;

/**
 * PostgreSQL 15 or newer. The writing session holds an advisory lock as long as it lives: one node writes to one schema,
 * and the same lock serialises migrations.
 */
public final class PostgresDialect implements Dialect {
    private static final int VERSION_MIN = 15;
    /** First half of the advisory lock's key; the second is made of the schema's name. */
    private static final int LOCK_CLASS = 0x6d617966;
    /** A node that was just killed holds the lock until its server process notices. */
    private static final Duration LOCK_WAIT = Duration.ofSeconds(5);

    private static final Duration LOCK_RETRY = Duration.ofMillis(50);

    private final PostgresUrl url;

    /** Throws IllegalArgumentException when it is no such URL; the message has no password in it. */
    public PostgresDialect(String url) {
        this.url = PostgresUrl.parse(url);
    }

    @Override
    public String engine() {
        return "postgresql";
    }

    @Override
    public String place() {
        return url.place();
    }

    private Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", "mayfly");
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "60");
        properties.setProperty("tcpKeepAlive", "true");
        properties.putAll(url.properties());
        return DriverManager.getConnection(url.address(), properties);
    }

    @Override
    public Session openWriter() throws SQLException {
        Session session = new Session(connect());
        boolean ready = false;
        try {
            checkServer(session);
            session.execute("SET synchronous_commit = on");
            // A node's host that vanished must not hold the lock for the two hours that are the kernel's default.
            session.execute("SET tcp_keepalives_idle = 10");
            session.execute("SET tcp_keepalives_interval = 5");
            session.execute("SET tcp_keepalives_count = 3");
            lock(session);
            ready = true;
            return session;
        } finally {
            if (!ready) {
                session.close();
            }
        }
    }

    private void checkServer(Session session) throws SQLException {
        int version = session.connection().getMetaData().getDatabaseMajorVersion();
        if (version < VERSION_MIN) {
            throw new StoreException(
                    Kind.FAILED,
                    "postgresql store at " + place() + ": server version " + version + " is too old; use " + VERSION_MIN
                            + " or newer");
        }
        String encoding = setting(session, "server_encoding");
        if (!encoding.equals("UTF8")) {
            throw new StoreException(
                    Kind.FAILED,
                    "postgresql store at " + place() + ": the database's encoding is " + encoding
                            + "; make one with ENCODING 'UTF8'");
        }
        if (setting(session, "fsync").equals("off")) {
            System.getLogger(PostgresDialect.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "postgresql store at {0}: the server runs with fsync off; a power cut loses data",
                            place());
        }
    }

    private static String setting(Session session, String name) throws SQLException {
        return session.first(Row::text, "SELECT current_setting(?)", name).orElse("");
    }

    private void lock(Session session) throws SQLException {
        long deadline = System.nanoTime() + LOCK_WAIT.toNanos();
        while (!session.first(
                        Row::text, "SELECT pg_try_advisory_lock(" + LOCK_CLASS + ", hashtext(current_schema()))::text")
                .orElse("")
                .equals("true")) {
            if (System.nanoTime() - deadline > 0) {
                throw new StoreException(
                        Kind.LOCKED,
                        "postgresql store at " + place()
                                + ": another node writes to this database. Stop it, or give this node its own database");
            }
            LockSupport.parkNanos(LOCK_RETRY.toNanos());
        }
    }

    @Override
    public Session openReader() throws SQLException {
        return new Session(connect());
    }

    @Override
    public boolean holdsCarrier() {
        return false;
    }

    @Override
    public void begin(Session session) throws SQLException {
        session.connection().setAutoCommit(false);
    }

    @Override
    public void commit(Session session) throws SQLException {
        session.connection().commit();
    }

    @Override
    public void rollback(Session session) throws SQLException {
        if (!session.connection().getAutoCommit()) {
            session.connection().rollback();
        }
    }

    @Override
    public boolean hasTable(Session session, String name) throws SQLException {
        return session.first(
                        row -> true,
                        "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = ?",
                        name)
                .isPresent();
    }

    @Override
    public String ddl(String template) {
        // Compared by code point, as SQLite does, whatever the database's locale says.
        return template.replace("{text}", "TEXT COLLATE \"C\"")
                .replace("{int}", "BIGINT")
                .replace("{bytes}", "BYTEA")
                .replace("{strict}", "");
    }

    /** All rows in one statement, an array for each column: twice as fast as a JDBC batch. */
    @Override
    public <R> void upsert(Session session, Table<R> table, List<R> rows) throws SQLException {
        List<Column<R>> columns = table.written();
        String arrays = columns.stream()
                .map(column -> "?::" + typeName(column.type()) + "[]")
                .collect(Collectors.joining(", "));
        String sql = table.write("SELECT * FROM unnest(" + arrays + ")");
        PreparedStatement statement = session.prepare(sql);
        int parameter = 0;
        for (Column<R> column : columns) {
            Object[] values = emptyArray(column.type(), rows.size());
            for (int i = 0; i < values.length; i++) {
                values[i] = column.value().apply(rows.get(i));
            }
            statement.setArray(++parameter, session.connection().createArrayOf(typeName(column.type()), values));
        }
        statement.executeUpdate();
    }

    private static String typeName(Column.Type type) {
        return switch (type) {
            case TEXT -> "text";
            case INTEGER -> "int8";
            case BYTES -> "bytea";
        };
    }

    private static Object[] emptyArray(Column.Type type, int size) {
        return switch (type) {
            case TEXT -> new String[size];
            case INTEGER -> new Long[size];
            case BYTES -> new byte[size][];
        };
    }

    @Override
    public String contains(String column) {
        return "strpos(" + column + ", ?) > 0";
    }

    @Override
    public Trouble trouble(SQLException e) {
        String state = e.getSQLState();
        if (state == null) {
            return e.getCause() instanceof IOException ? Trouble.LOST : Trouble.OWN;
        }
        return switch (state) {
            case "53100" -> Trouble.FULL;
            case "55P03" -> Trouble.LOCKED;
            // Shutting down, starting up, no slot for another connection, or the old primary after a failover.
            case "57P01", "57P02", "57P03", "57P05", "53300", "25006" -> Trouble.LOST;
            default ->
                switch (state.substring(0, 2)) {
                    case "08" -> Trouble.LOST;
                    case "53", "58", "XX", "F0" -> Trouble.BROKEN;
                    default -> Trouble.OWN;
                };
        };
    }

    @Override
    public String toString() {
        return "PostgresDialect[" + url + "]";
    }
}
