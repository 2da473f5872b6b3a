package mayfly.store.sql;

import java.sql.SQLException;

/** A few sessions for reading. Any thread may ask; it may wait for a free session. */
public interface Readers extends AutoCloseable {
    /** What to read. */
    interface Query<T> {
        T on(Session session) throws SQLException;
    }

    /** A read that takes microseconds: one row by its key. */
    <T> T brief(Query<T> query) throws SQLException;

    /** A read that may take long: a list, a large value. */
    <T> T lengthy(Query<T> query) throws SQLException;

    /** Waits for reads under way; later ones fail with StoreException CLOSED. */
    @Override
    void close();
}
