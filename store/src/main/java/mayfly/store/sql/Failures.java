package mayfly.store.sql;

import java.sql.SQLException;
import mayfly.store.StoreException;
import mayfly.store.StoreException.Kind;

/** Turns an engine's error into the one exception that callers see. */
final class Failures {
    private Failures() {}

    static StoreException of(Dialect dialect, SQLException e) {
        String where = dialect.engine() + " store at " + dialect.place() + ": ";
        return switch (dialect.trouble(e)) {
            case FULL ->
                new StoreException(
                        Kind.FULL, where + "no space left; nothing was written. Free space and try again", e);
            case LOCKED ->
                new StoreException(Kind.LOCKED, where + "another process holds it. Stop that process and try again", e);
            case LOST -> new StoreException(Kind.FAILED, where + "the connection was lost: " + e.getMessage(), e);
            case BROKEN, OWN -> new StoreException(Kind.FAILED, where + e.getMessage(), e);
        };
    }

    static StoreException closed(Dialect dialect) {
        return new StoreException(Kind.CLOSED, dialect.engine() + " store at " + dialect.place() + " is closed");
    }

    static StoreException busy(Dialect dialect) {
        return new StoreException(
                Kind.BUSY,
                dialect.engine() + " store at " + dialect.place()
                        + " has more writes waiting than it may queue; try again later");
    }
}
