package mayfly.store.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection and the statements prepared on it, which are kept: the number of different texts is small and fixed.
 * Used by one thread at a time. Parameters are String, Long, byte arrays or null.
 */
public final class Session implements AutoCloseable {
    private final Connection connection;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    public Session(Connection connection) {
        this.connection = connection;
    }

    public Connection connection() {
        return connection;
    }

    /** The statement for this text, prepared once; the session owns it. */
    public PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            prepared.put(sql, statement);
        }
        return statement;
    }

    /** Runs text without parameters, once. */
    public void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The number of rows changed. */
    public int update(String sql, @Nullable Object... values) throws SQLException {
        PreparedStatement statement = prepare(sql);
        bind(statement, values);
        return statement.executeUpdate();
    }

    /** Like {@link #update}, but keeps nothing of large values when it is done. */
    public int updateOnce(String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            return statement.executeUpdate();
        }
    }

    public <T> List<T> list(Function<Row, T> read, String sql, @Nullable Object... values) throws SQLException {
        PreparedStatement statement = prepare(sql);
        bind(statement, values);
        List<T> rows = new ArrayList<>();
        // Closed at once: an open cursor would keep its snapshot, and with it the write-ahead log, alive.
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                rows.add(read.apply(new Row(result)));
            }
        } catch (Row.Unreadable e) {
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException(e);
        }
        return rows;
    }

    public <T> Optional<T> first(Function<Row, T> read, String sql, @Nullable Object... values) throws SQLException {
        return list(read, sql, values).stream().findFirst();
    }

    private static void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    /** Closes what is not needed any more, whatever state it is in. */
    void abandon() {
        try {
            close();
        } catch (SQLException e) {
            System.getLogger(Session.class.getName()).log(System.Logger.Level.DEBUG, "closing a connection", e);
        }
    }

    @Override
    public void close() throws SQLException {
        for (PreparedStatement statement : prepared.values()) {
            statement.close();
        }
        prepared.clear();
        connection.close();
    }
}
