package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import mayfly.base.NamespaceId;
import mayfly.store.ActorNameRecord;
import org.jspecify.annotations.Nullable;

/** The texts about names of actors. */
final class ActorNames {
    static final Table<ActorNameRecord> TABLE = new Table<>(
            "actor_names",
            true,
            2,
            List.of(
                    Column.text("namespace_id", r -> r.namespace().value()),
                    Column.text("name", ActorNameRecord::name),
                    Column.text("metadata", ActorNameRecord::metadata)),
            "TRUE",
            (_, _) -> true,
            row -> new ActorNameRecord(new NamespaceId(row.text()), row.text(), row.text()));

    private static final String SELECT = "SELECT " + TABLE.columnNames() + " FROM actor_names";

    private ActorNames() {}

    static List<ActorNameRecord> list(Session session, NamespaceId namespace, @Nullable String after, int limit)
            throws SQLException {
        Conditions where = new Conditions();
        where.equal("namespace_id", namespace.value());
        where.and("name > ?", after);
        return session.list(TABLE.read(), SELECT + where.sql() + " ORDER BY name LIMIT ?", where.with(limit));
    }
}
