package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;

/** What differs between the engines. Everything else is one text for both. */
public interface Dialect {
    /** What an engine's error means for the operation that met it. */
    enum Trouble {
        /** The disk or quota is full: no write succeeds until somebody makes room. */
        FULL,
        /** Another process holds the database. */
        LOCKED,
        /** The connection is gone; what was not committed is undone. */
        LOST,
        /** The engine cannot do its work: a broken disk, a damaged file. The next batch tries on a new connection. */
        BROKEN,
        /** This operation's own fault, or one that another attempt would meet again. */
        OWN
    }

    /** "sqlite" or "postgresql". */
    String engine();

    /** The file, or host and database; never a password. For messages. */
    String place();

    /** Connects the only session that writes. Throws StoreException LOCKED when another store writes there. */
    Session openWriter() throws SQLException;

    /** Connects a session that only reads. */
    Session openReader() throws SQLException;

    /** Whether the engine works in native code in the calling thread. */
    boolean holdsCarrier();

    void begin(Session session) throws SQLException;

    /** When this returns, what was done since {@link #begin} survives the loss of power. */
    void commit(Session session) throws SQLException;

    void rollback(Session session) throws SQLException;

    /** Whether the schema has this table. */
    boolean hasTable(Session session, String name) throws SQLException;

    /** Fills the tokens {text} {int} {bytes} {strict} of a migration. */
    String ddl(String template);

    /** Writes all rows, each behind the table's fence; no two of them have the same key. */
    <R> void upsert(Session session, Table<R> table, List<R> rows) throws SQLException;

    /** A condition that holds when the column contains its one parameter. */
    String contains(String column);

    Trouble trouble(SQLException e);
}
