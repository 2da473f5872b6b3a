package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import mayfly.base.NamespaceId;
import mayfly.store.NamespaceRecord;
import org.jspecify.annotations.Nullable;

/** The texts about namespaces. */
final class Namespaces {
    private static final String SELECT = "SELECT id, name, display_name, created_at FROM namespaces";

    private Namespaces() {}

    static boolean create(Session session, NamespaceRecord namespace) throws SQLException {
        // Without a target: a taken name and a taken id are both "no".
        return session.update(
                        "INSERT INTO namespaces (id, name, display_name, created_at) VALUES (?, ?, ?, ?)"
                                + " ON CONFLICT DO NOTHING",
                        namespace.id().value(),
                        Values.text(namespace.name()),
                        Values.text(namespace.displayName()),
                        Values.time(namespace.createdAt()))
                > 0;
    }

    static Optional<NamespaceRecord> get(Session session, NamespaceId id) throws SQLException {
        return session.first(Namespaces::read, SELECT + " WHERE id = ?", id.value());
    }

    static Optional<NamespaceRecord> get(Session session, String name) throws SQLException {
        return session.first(Namespaces::read, SELECT + " WHERE name = ?", Values.text(name));
    }

    static List<NamespaceRecord> list(Session session, @Nullable NamespaceId before, int limit) throws SQLException {
        Conditions where = new Conditions();
        where.and("id < ?", before == null ? null : before.value());
        return session.list(Namespaces::read, SELECT + where.sql() + " ORDER BY id DESC LIMIT ?", where.with(limit));
    }

    private static NamespaceRecord read(Row row) {
        return new NamespaceRecord(new NamespaceId(row.text()), row.text(), row.text(), row.time());
    }
}
