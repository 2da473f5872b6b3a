package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import mayfly.store.RunnerFilter;
import mayfly.store.RunnerRecord;
import org.jspecify.annotations.Nullable;

/** The texts about runners. */
final class Runners {
    static final Table<RunnerRecord> TABLE = new Table<>(
            "runners",
            true,
            1,
            List.of(
                    Column.text("id", r -> r.id().value()),
                    Column.<RunnerRecord>text("namespace_id", r -> r.namespace().value())
                            .asFixed(),
                    Column.text("pool", RunnerRecord::pool),
                    Column.text("key", RunnerRecord::key),
                    Column.integer("version", RunnerRecord::version),
                    Column.integer("total_slots", RunnerRecord::totalSlots),
                    Column.time("created_at", RunnerRecord::createdAt).asFixed(),
                    Column.time("connected_at", RunnerRecord::connectedAt),
                    Column.time("drained_at", RunnerRecord::drainedAt),
                    Column.time("stopped_at", RunnerRecord::stoppedAt),
                    Column.integer("revision", RunnerRecord::revision),
                    Column.text("metadata", RunnerRecord::metadata)),
            "excluded.revision >= runners.revision",
            (stored, next) -> next.revision() >= stored.revision(),
            Runners::read);

    private static final String SELECT = "SELECT " + TABLE.columnNames() + " FROM runners";

    private Runners() {}

    private static RunnerRecord read(Row row) {
        RunnerId id = new RunnerId(row.text());
        NamespaceId namespace = new NamespaceId(row.text());
        String pool = row.text();
        String key = row.text();
        int version = (int) row.integer();
        int totalSlots = (int) row.integer();
        var createdAt = row.time();
        var connectedAt = row.time();
        var drainedAt = row.optionalTime();
        var stoppedAt = row.optionalTime();
        long revision = row.integer();
        String metadata = row.optionalText();
        return new RunnerRecord(
                id,
                namespace,
                pool,
                key,
                version,
                totalSlots,
                metadata,
                createdAt,
                connectedAt,
                drainedAt,
                stoppedAt,
                revision);
    }

    static Optional<RunnerRecord> get(Session session, RunnerId id) throws SQLException {
        return session.first(TABLE.read(), SELECT + " WHERE id = ?", id.value());
    }

    static Optional<RunnerRecord> byKey(Session session, NamespaceId namespace, String key) throws SQLException {
        return session.first(
                TABLE.read(),
                SELECT + " WHERE namespace_id = ? AND key = ? AND stopped_at IS NULL ORDER BY id DESC LIMIT 1",
                namespace.value(),
                Values.text(key));
    }

    static List<RunnerRecord> list(Session session, RunnerFilter filter) throws SQLException {
        RunnerId before = filter.before();
        Conditions where = new Conditions();
        where.equal("namespace_id", filter.namespace().value());
        where.equal("pool", filter.pool());
        if (!filter.ids().isEmpty()) {
            where.in("id", filter.ids().stream().map(RunnerId::value).toList());
        }
        if (!filter.includeStopped()) {
            where.always("stopped_at IS NULL");
        }
        where.and("id < ?", before == null ? null : before.value());
        return session.list(
                TABLE.read(), SELECT + where.sql() + " ORDER BY id DESC LIMIT ?", where.with(filter.limit()));
    }

    static List<RunnerRecord> open(Session session, @Nullable RunnerId after, int limit) throws SQLException {
        Conditions where = new Conditions();
        where.always("stopped_at IS NULL");
        where.and("id > ?", after == null ? null : after.value());
        return session.list(TABLE.read(), SELECT + where.sql() + " ORDER BY id LIMIT ?", where.with(limit));
    }

    static List<String> pools(Session session, NamespaceId namespace, @Nullable String after, int limit)
            throws SQLException {
        Conditions where = new Conditions();
        where.equal("namespace_id", namespace.value());
        where.and("pool > ?", after);
        return session.list(
                Row::text,
                "SELECT DISTINCT pool FROM runners" + where.sql() + " ORDER BY pool LIMIT ?",
                where.with(limit));
    }

    static int prune(Session session, long beforeNanos, int limit) throws SQLException {
        return session.update(
                "DELETE FROM runners WHERE id IN (SELECT id FROM runners WHERE stopped_at < ?"
                        + " ORDER BY stopped_at, id LIMIT ?)",
                beforeNanos,
                (long) limit);
    }
}
