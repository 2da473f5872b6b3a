package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import mayfly.base.TaskId;
import mayfly.store.TaskFilter;
import mayfly.store.TaskRecord;
import org.jspecify.annotations.Nullable;

/** The texts about tasks. */
final class Tasks {
    static final Table<TaskRecord> TABLE = new Table<>(
            "tasks",
            true,
            1,
            List.of(
                    Column.text("id", r -> r.id().value()),
                    Column.text("name", TaskRecord::name),
                    Column.text("status", TaskRecord::status),
                    Column.integer("pid", TaskRecord::pid),
                    Column.integer("exit_code", TaskRecord::exitCode),
                    Column.integer("signal", TaskRecord::signal),
                    Column.time("created_at", TaskRecord::createdAt),
                    Column.time("started_at", TaskRecord::startedAt),
                    Column.time("ended_at", TaskRecord::endedAt),
                    Column.integer("version", TaskRecord::version),
                    Column.text("reason", TaskRecord::reason),
                    Column.text("spec", TaskRecord::spec)),
            "excluded.version >= tasks.version",
            (stored, next) -> next.version() >= stored.version(),
            Tasks::read);

    private static final String SELECT = "SELECT " + TABLE.columnNames() + " FROM tasks";

    private Tasks() {}

    private static TaskRecord read(Row row) {
        TaskId id = new TaskId(row.text());
        String name = row.text();
        String status = row.text();
        int pid = (int) row.integer();
        Integer exitCode = narrow(row.optionalInteger());
        Integer signal = narrow(row.optionalInteger());
        var createdAt = row.time();
        var startedAt = row.optionalTime();
        var endedAt = row.optionalTime();
        long version = row.integer();
        String reason = row.text();
        String spec = row.text();
        return new TaskRecord(
                id, name, spec, status, pid, exitCode, signal, reason, createdAt, startedAt, endedAt, version);
    }

    private static @Nullable Integer narrow(@Nullable Long value) {
        return value == null ? null : (Integer) Math.toIntExact(value);
    }

    static Optional<TaskRecord> get(Session session, TaskId id) throws SQLException {
        return session.first(TABLE.read(), SELECT + " WHERE id = ?", id.value());
    }

    static List<TaskRecord> list(Session session, TaskFilter filter) throws SQLException {
        TaskId before = filter.before();
        Conditions where = new Conditions();
        where.equal("name", filter.name());
        where.equal("status", filter.status());
        if (filter.unfinished()) {
            where.always("status IN ('pending', 'running')");
        }
        where.and("id < ?", before == null ? null : before.value());
        return session.list(
                TABLE.read(), SELECT + where.sql() + " ORDER BY id DESC LIMIT ?", where.with(filter.limit()));
    }

    static boolean delete(Session session, TaskId id) throws SQLException {
        return session.update("DELETE FROM tasks WHERE id = ?", id.value()) > 0;
    }
}
