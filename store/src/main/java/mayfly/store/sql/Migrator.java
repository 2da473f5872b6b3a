package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import mayfly.store.StoreException;
import mayfly.store.StoreException.Kind;

/**
 * Brings the schema forward, never back. All missing steps are one transaction: after a crash either all of them
 * happened or none. Nobody else migrates at the same time: the dialect's begin or its writer's lock keeps others out.
 */
final class Migrator {
    private static final String TABLE = "migrations";
    private static final String CREATE = """
            CREATE TABLE IF NOT EXISTS migrations (
                version {int} PRIMARY KEY NOT NULL,
                name {text} NOT NULL,
                checksum {text} NOT NULL
            ) {strict}""";

    private record Applied(int version, String checksum) {}

    private Migrator() {}

    /** Throws StoreException NEWER for data of a newer Mayfly, FAILED when an applied step is not the one we know. */
    static void migrate(Dialect dialect, Session session, List<Migration> known) throws SQLException {
        if (dialect.hasTable(session, TABLE) && check(dialect, applied(session), known) == known.size()) {
            return; // the usual start: nothing to write, and no write lock taken
        }
        dialect.begin(session);
        try {
            session.execute(dialect.ddl(CREATE));
            // Asked again: another process may have been here before we got the lock.
            int done = check(dialect, applied(session), known);
            for (Migration step : known.subList(done, known.size())) {
                apply(dialect, session, step);
            }
            dialect.commit(session);
        } catch (SQLException | RuntimeException e) {
            dialect.rollback(session);
            throw e;
        }
    }

    private static List<Applied> applied(Session session) throws SQLException {
        return session.list(
                row -> new Applied((int) row.integer(), row.text()),
                "SELECT version, checksum FROM migrations ORDER BY version");
    }

    /** The number of steps that are in place. */
    private static int check(Dialect dialect, List<Applied> applied, List<Migration> known) {
        String where = dialect.engine() + " store at " + dialect.place();
        int newest = applied.isEmpty() ? 0 : applied.getLast().version();
        if (newest > known.size()) {
            throw new StoreException(
                    Kind.NEWER,
                    where + " has schema version " + newest + " of a newer Mayfly; this one knows versions up to "
                            + known.size() + ". Start the newer Mayfly, or restore a backup made before the upgrade");
        }
        for (int i = 0; i < applied.size(); i++) {
            Migration expected = known.get(i);
            Applied found = applied.get(i);
            if (found.version() != expected.version() || !found.checksum().equals(expected.checksum())) {
                throw new StoreException(
                        Kind.FAILED,
                        where + " was made by a different schema step " + expected.version() + " (" + expected.name()
                                + "): its checksum does not match. Use the Mayfly build that made it");
            }
        }
        return applied.size();
    }

    private static void apply(Dialect dialect, Session session, Migration step) throws SQLException {
        for (String statement : step.statements(dialect)) {
            session.execute(statement);
        }
        session.update(
                "INSERT INTO migrations (version, name, checksum) VALUES (?, ?, ?)",
                (long) step.version(),
                step.name(),
                step.checksum());
    }
}
