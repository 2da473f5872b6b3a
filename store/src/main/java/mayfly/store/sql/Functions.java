package mayfly.store.sql;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import mayfly.base.FunctionId;
import mayfly.store.FunctionFilter;
import mayfly.store.FunctionRecord;
import mayfly.store.VersionRecord;

/** The texts about functions, their versions and their code. */
final class Functions {
    private static final String SELECT =
            "SELECT id, name, runtime, tags, latest, created_at, updated_at FROM functions WHERE deleted_at IS NULL";

    private Functions() {}

    static void putArtifact(Session session, String sha256, byte[] bytes) throws SQLException {
        session.updateOnce(
                "INSERT INTO artifacts (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256)"
                        + " DO UPDATE SET bytes = excluded.bytes WHERE length(artifacts.bytes) = 0",
                sha256,
                bytes);
    }

    static Optional<byte[]> artifact(Session session, String sha256) throws SQLException {
        return session.first(
                row -> {
                    byte[] bytes = row.optionalBytes();
                    return bytes == null ? new byte[0] : bytes;
                },
                "SELECT bytes FROM artifacts WHERE sha256 = ? AND length(bytes) > 0",
                Values.text(sha256));
    }

    /** Only the bytes go: the row stays, empty, for the old versions that name it. */
    static int pruneArtifacts(Session session, int limit) throws SQLException {
        return session.update(
                "UPDATE artifacts SET bytes = ? WHERE sha256 IN (SELECT sha256 FROM artifacts WHERE length(bytes) > 0"
                        + " AND sha256 NOT IN (SELECT v.artifact FROM functions f JOIN versions v"
                        + " ON v.function_id = f.id AND v.version = f.latest WHERE f.deleted_at IS NULL) LIMIT ?)",
                new byte[0],
                (long) limit);
    }

    static boolean create(Session session, FunctionRecord function, VersionRecord first) throws SQLException {
        // Without a target: a taken name and a taken id are both "no".
        int created = session.update(
                "INSERT INTO functions (id, name, runtime, tags, latest, created_at, updated_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                function.id().value(),
                Values.text(function.name()),
                Values.text(function.runtime()),
                Values.text(Values.tags(function.tags())),
                (long) function.latest(),
                Values.time(function.createdAt()),
                Values.time(function.updatedAt()));
        if (created == 0) {
            return false;
        }
        insert(session, first);
        return true;
    }

    static boolean addVersion(Session session, VersionRecord version, Instant updatedAt) throws SQLException {
        int updated = session.update(
                "UPDATE functions SET latest = ?, runtime = ?, tags = ?, updated_at = ?"
                        + " WHERE id = ? AND latest = ? AND deleted_at IS NULL",
                (long) version.version(),
                Values.text(version.runtime()),
                Values.text(Values.tags(version.tags())),
                Values.time(updatedAt),
                version.function().value(),
                version.version() - 1L);
        if (updated == 0) {
            return false;
        }
        insert(session, version);
        return true;
    }

    private static void insert(Session session, VersionRecord version) throws SQLException {
        if (artifactLength(session, version.artifact()) == 0) {
            throw new SQLException("artifact " + version.artifact() + " was not put before its version");
        }
        session.update(
                "INSERT INTO versions (function_id, version, runtime, tags, artifact, created_at, spec)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                version.function().value(),
                (long) version.version(),
                Values.text(version.runtime()),
                Values.text(Values.tags(version.tags())),
                Values.text(version.artifact()),
                Values.time(version.createdAt()),
                Values.text(version.spec()));
    }

    private static long artifactLength(Session session, String sha256) throws SQLException {
        return session.first(Row::integer, "SELECT length(bytes) FROM artifacts WHERE sha256 = ?", Values.text(sha256))
                .orElse(0L);
    }

    static boolean delete(Session session, FunctionId id, Instant deletedAt) throws SQLException {
        return session.update(
                        "UPDATE functions SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL",
                        Values.time(deletedAt),
                        id.value())
                > 0;
    }

    static Optional<FunctionRecord> get(Session session, String name) throws SQLException {
        return session.first(Functions::read, SELECT + " AND name = ?", Values.text(name));
    }

    static List<FunctionRecord> list(Session session, Dialect dialect, FunctionFilter filter) throws SQLException {
        String tag = filter.tag();
        Conditions where = new Conditions();
        where.always("deleted_at IS NULL");
        where.and("name > ?", filter.after());
        where.prefix("name", filter.namePrefix());
        where.equal("runtime", filter.runtime());
        where.and(dialect.contains("tags"), tag == null ? null : Values.tag(tag));
        return session.list(
                Functions::read,
                SELECT.replace(" WHERE deleted_at IS NULL", "") + where.sql() + " ORDER BY name LIMIT ?",
                where.with(filter.limit()));
    }

    private static FunctionRecord read(Row row) {
        return new FunctionRecord(
                new FunctionId(row.text()),
                row.text(),
                row.text(),
                Values.tags(row.text()),
                (int) row.integer(),
                row.time(),
                row.time());
    }

    static Optional<VersionRecord> version(Session session, FunctionId id, int version) throws SQLException {
        return session.first(
                row -> readVersion(id, version, row),
                "SELECT runtime, tags, spec, artifact, created_at FROM versions WHERE function_id = ? AND version = ?",
                id.value(),
                (long) version);
    }

    private static VersionRecord readVersion(FunctionId id, int version, Row row) {
        return new VersionRecord(id, version, row.text(), Values.tags(row.text()), row.text(), row.text(), row.time());
    }
}
