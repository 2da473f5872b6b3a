package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import mayfly.base.NamespaceId;
import mayfly.store.PoolConfigRecord;
import org.jspecify.annotations.Nullable;

/** The texts about pools. */
final class PoolConfigs {
    static final Table<PoolConfigRecord> TABLE = new Table<>(
            "pool_configs",
            true,
            2,
            List.of(
                    Column.text("namespace_id", r -> r.namespace().value()),
                    Column.text("name", PoolConfigRecord::name),
                    Column.integer("revision", PoolConfigRecord::revision),
                    Column.time("updated_at", PoolConfigRecord::updatedAt),
                    Column.text("definition", PoolConfigRecord::definition)),
            "excluded.revision >= pool_configs.revision",
            (stored, next) -> next.revision() >= stored.revision(),
            PoolConfigs::read);

    private static final String SELECT = "SELECT " + TABLE.columnNames() + " FROM pool_configs";

    private PoolConfigs() {}

    private static PoolConfigRecord read(Row row) {
        NamespaceId namespace = new NamespaceId(row.text());
        String name = row.text();
        long revision = row.integer();
        var updatedAt = row.time();
        return new PoolConfigRecord(namespace, name, row.text(), revision, updatedAt);
    }

    static boolean delete(Session session, NamespaceId namespace, String name) throws SQLException {
        return session.update(
                        "DELETE FROM pool_configs WHERE namespace_id = ? AND name = ?",
                        namespace.value(),
                        Values.text(name))
                > 0;
    }

    static Optional<PoolConfigRecord> get(Session session, NamespaceId namespace, String name) throws SQLException {
        return session.first(
                TABLE.read(), SELECT + " WHERE namespace_id = ? AND name = ?", namespace.value(), Values.text(name));
    }

    static List<PoolConfigRecord> list(Session session, NamespaceId namespace, @Nullable String after, int limit)
            throws SQLException {
        Conditions where = new Conditions();
        where.equal("namespace_id", namespace.value());
        where.and("name > ?", after);
        return session.list(TABLE.read(), SELECT + where.sql() + " ORDER BY name LIMIT ?", where.with(limit));
    }
}
