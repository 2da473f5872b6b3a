package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import mayfly.base.ServiceId;
import mayfly.store.ServiceFilter;
import mayfly.store.ServiceRecord;

/** The texts about services. */
final class Services {
    private static final String SELECT = "SELECT id, name, version, created_at, updated_at, definition FROM services";

    private Services() {}

    static boolean create(Session session, ServiceRecord service) throws SQLException {
        // Without a target: a taken name and a taken id are both "no".
        return session.update(
                        "INSERT INTO services (id, name, version, created_at, updated_at, definition)"
                                + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                        service.id().value(),
                        Values.text(service.name()),
                        (long) service.version(),
                        Values.time(service.createdAt()),
                        Values.time(service.updatedAt()),
                        Values.text(service.definition()))
                > 0;
    }

    static boolean replace(Session session, ServiceRecord service) throws SQLException {
        return session.update(
                        "UPDATE services SET version = ?, updated_at = ?, definition = ?"
                                + " WHERE id = ? AND name = ? AND version = ?",
                        (long) service.version(),
                        Values.time(service.updatedAt()),
                        Values.text(service.definition()),
                        service.id().value(),
                        Values.text(service.name()),
                        service.version() - 1L)
                > 0;
    }

    static boolean delete(Session session, ServiceId id) throws SQLException {
        return session.update("DELETE FROM services WHERE id = ?", id.value()) > 0;
    }

    static Optional<ServiceRecord> get(Session session, String name) throws SQLException {
        return session.first(Services::read, SELECT + " WHERE name = ?", Values.text(name));
    }

    static List<ServiceRecord> list(Session session, ServiceFilter filter) throws SQLException {
        Conditions where = new Conditions();
        where.and("name > ?", filter.after());
        where.prefix("name", filter.namePrefix());
        return session.list(
                Services::read, SELECT + where.sql() + " ORDER BY name LIMIT ?", where.with(filter.limit()));
    }

    private static ServiceRecord read(Row row) {
        ServiceId id = new ServiceId(row.text());
        String name = row.text();
        int version = (int) row.integer();
        var createdAt = row.time();
        var updatedAt = row.time();
        return new ServiceRecord(id, name, version, row.text(), createdAt, updatedAt);
    }
}
