package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import mayfly.store.InvocationFilter;
import mayfly.store.InvocationRecord;

/** The texts about invocations. */
final class Invocations {
    private static final Set<String> UNFINISHED = Set.of("pending", "running");
    private static final String UNFINISHED_SQL = "('pending', 'running')";

    static final Table<InvocationRecord> TABLE = new Table<>(
            "invocations",
            true,
            1,
            List.of(
                    Column.text("id", r -> r.id().value()),
                    Column.text("function_id", r -> r.function().value()),
                    Column.text("function_name", InvocationRecord::functionName),
                    Column.integer("version", InvocationRecord::version),
                    Column.text("mode", InvocationRecord::mode),
                    Column.text("status", InvocationRecord::status),
                    Column.flag("payload_json", InvocationRecord::payloadJson),
                    Column.flag("result_json", InvocationRecord::resultJson),
                    Column.text("start", InvocationRecord::start),
                    Column.text("machine", InvocationRecord::machine),
                    Column.time("queued_at", InvocationRecord::queuedAt),
                    Column.time("started_at", InvocationRecord::startedAt),
                    Column.time("ended_at", InvocationRecord::endedAt),
                    Column.integer("duration_us", InvocationRecord::durationMicros),
                    Column.integer("attempts", InvocationRecord::attempts),
                    Column.text("error", InvocationRecord::error),
                    Column.bytes("payload", InvocationRecord::payload),
                    Column.bytes("result", InvocationRecord::result),
                    Column.text("logs", InvocationRecord::logs)),
            // What ended stays ended: late news about an earlier state changes nothing.
            "invocations.status IN " + UNFINISHED_SQL + " OR excluded.status NOT IN " + UNFINISHED_SQL,
            (stored, next) -> UNFINISHED.contains(stored.status()) || !UNFINISHED.contains(next.status()),
            Invocations::read);

    private static final String SELECT = "SELECT " + TABLE.columnNames() + " FROM invocations";
    private static final String SELECT_NARROW =
            SELECT.replace("payload, result, logs", "NULL AS payload, NULL AS result, NULL AS logs");

    private Invocations() {}

    private static InvocationRecord read(Row row) {
        InvocationId id = new InvocationId(row.text());
        FunctionId function = new FunctionId(row.text());
        String functionName = row.text();
        int version = (int) row.integer();
        String mode = row.text();
        String status = row.text();
        boolean payloadJson = row.flag();
        boolean resultJson = row.flag();
        String start = row.optionalText();
        String machine = row.optionalText();
        var queuedAt = row.time();
        var startedAt = row.optionalTime();
        var endedAt = row.optionalTime();
        long durationMicros = row.integer();
        int attempts = (int) row.integer();
        String error = row.optionalText();
        byte[] payload = row.optionalBytes();
        byte[] result = row.optionalBytes();
        String logs = row.optionalText();
        return new InvocationRecord(
                id,
                function,
                functionName,
                version,
                mode,
                status,
                payload,
                payloadJson,
                result,
                resultJson,
                error,
                start,
                machine,
                queuedAt,
                startedAt,
                endedAt,
                durationMicros,
                logs,
                attempts);
    }

    static Optional<InvocationRecord> get(Session session, InvocationId id) throws SQLException {
        return session.first(TABLE.read(), SELECT + " WHERE id = ?", id.value());
    }

    static List<InvocationRecord> list(Session session, InvocationFilter filter) throws SQLException {
        InvocationId before = filter.before();
        Conditions where = new Conditions();
        where.equal("function_name", filter.functionName());
        where.equal("status", filter.status());
        where.and("id < ?", before == null ? null : before.value());
        return session.list(
                TABLE.read(), SELECT_NARROW + where.sql() + " ORDER BY id DESC LIMIT ?", where.with(filter.limit()));
    }

    static List<InvocationRecord> unfinishedAsync(Session session, int limit) throws SQLException {
        return session.list(
                TABLE.read(),
                SELECT + " WHERE status IN " + UNFINISHED_SQL + " AND mode = 'async' ORDER BY queued_at, id LIMIT ?",
                (long) limit);
    }

    static int prune(Session session, long beforeNanos, int limit) throws SQLException {
        return session.update(
                "DELETE FROM invocations WHERE id IN (SELECT id FROM invocations WHERE queued_at < ? AND status NOT IN "
                        + UNFINISHED_SQL + " ORDER BY queued_at LIMIT ?)",
                beforeNanos,
                (long) limit);
    }
}
