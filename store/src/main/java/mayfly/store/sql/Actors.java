package mayfly.store.sql;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.store.ActorFilter;
import mayfly.store.ActorRecord;
import org.jspecify.annotations.Nullable;

/** The texts about actors. */
final class Actors {
    /** Its rows are made by {@link #create}; that an actor was destroyed is written by {@link #putDestroyed}. */
    static final Table<ActorRecord> TABLE = new Table<>(
            "actors",
            false,
            1,
            List.of(
                    Column.text("id", r -> r.id().value()),
                    Column.<ActorRecord>text("namespace_id", r -> r.namespace().value())
                            .asFixed(),
                    Column.text("name", ActorRecord::name).asFixed(),
                    Column.text("key", ActorRecord::key).asFixed(),
                    Column.text("pool", ActorRecord::pool),
                    Column.text("crash_policy", ActorRecord::crashPolicy),
                    Column.time("created_at", ActorRecord::createdAt).asFixed(),
                    Column.time("destroyed_at", ActorRecord::destroyedAt).asFixed(),
                    Column.time("alarm_at", ActorRecord::alarmAt),
                    Column.flag("awake", ActorRecord::awake),
                    Column.integer("revision", ActorRecord::revision),
                    Column.text("state", ActorRecord::state)),
            "actors.destroyed_at IS NULL AND excluded.revision >= actors.revision",
            (stored, next) -> next.revision() >= stored.revision(),
            Actors::read);

    private static final String SELECT = "SELECT " + TABLE.columnNames() + " FROM actors";
    private static final String NEWEST = " ORDER BY id DESC LIMIT ?";

    private Actors() {}

    private static ActorRecord read(Row row) {
        ActorId id = new ActorId(row.text());
        NamespaceId namespace = new NamespaceId(row.text());
        String name = row.text();
        String key = row.optionalText();
        String pool = row.text();
        String crashPolicy = row.text();
        var createdAt = row.time();
        var destroyedAt = row.optionalTime();
        var alarmAt = row.optionalTime();
        boolean awake = row.flag();
        long revision = row.integer();
        String state = row.text();
        return new ActorRecord(
                id, namespace, name, key, pool, crashPolicy, createdAt, destroyedAt, alarmAt, awake, state, revision);
    }

    // Writes ----------------------------------------------------------------------------------------------------

    static Optional<ActorId> create(Session session, ActorRecord actor, byte @Nullable [] input) throws SQLException {
        Object[] values = TABLE.columns().stream()
                .map(column -> column.value().apply(actor))
                .toArray();
        // Without a target: a taken key and a taken id are both "no".
        if (session.update(INSERT, values) == 0) {
            return Optional.of(owner(session, actor));
        }
        if (input != null) {
            session.updateOnce(
                    "INSERT INTO actor_inputs (actor_id, input) VALUES (?, ?)",
                    actor.id().value(),
                    input);
        }
        return Optional.empty();
    }

    private static final String INSERT = "INSERT INTO actors (" + TABLE.columnNames()
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

    private static ActorId owner(Session session, ActorRecord actor) throws SQLException {
        String key = actor.key();
        return (key == null ? Optional.<ActorRecord>empty() : byKey(session, actor.namespace(), actor.name(), key))
                .map(ActorRecord::id)
                .orElse(actor.id());
    }

    static void putDestroyed(Session session, ActorRecord actor) throws SQLException {
        int updated = session.update(
                "UPDATE actors SET destroyed_at = COALESCE(destroyed_at, ?), pool = ?, crash_policy = ?, alarm_at = ?,"
                        + " awake = ?, revision = ?, state = ? WHERE id = ? AND revision <= ?",
                Values.time(actor.destroyedAt()),
                Values.text(actor.pool()),
                Values.text(actor.crashPolicy()),
                Values.time(actor.alarmAt()),
                actor.awake() ? 1L : 0L,
                actor.revision(),
                Values.text(actor.state()),
                actor.id().value(),
                actor.revision());
        if (updated > 0) {
            session.update(
                    "DELETE FROM actor_inputs WHERE actor_id = ?", actor.id().value());
        }
    }

    /** An actor's row goes when nothing of what it keeps is left, so a break in the middle forgets nothing. */
    static int prune(Session session, long beforeNanos, int limit) throws SQLException {
        List<ActorId> old = session.list(
                row -> new ActorId(row.text()),
                "SELECT id FROM actors WHERE destroyed_at < ? ORDER BY destroyed_at, id LIMIT ?",
                beforeNanos,
                (long) limit);
        int deleted = 0;
        for (ActorId id : old) {
            int room = limit - deleted;
            int kept = room == 0 ? 0 : Kv.deleteSome(session, id, room);
            deleted += kept;
            if (kept == room) {
                return deleted;
            }
            deleted += session.update("DELETE FROM actors WHERE id = ?", id.value());
        }
        return deleted;
    }

    // Reads -----------------------------------------------------------------------------------------------------

    static Optional<ActorRecord> get(Session session, ActorId id) throws SQLException {
        return session.first(TABLE.read(), SELECT + " WHERE id = ?", id.value());
    }

    static Optional<ActorRecord> byKey(Session session, NamespaceId namespace, String name, String key)
            throws SQLException {
        return session.first(
                TABLE.read(),
                SELECT + " WHERE namespace_id = ? AND name = ? AND key = ? AND destroyed_at IS NULL",
                namespace.value(),
                Values.text(name),
                Values.text(key));
    }

    static Optional<byte[]> input(Session session, ActorId id) throws SQLException {
        return session.first(Row::bytes, "SELECT input FROM actor_inputs WHERE actor_id = ?", id.value());
    }

    static List<ActorRecord> list(Session session, ActorFilter filter) throws SQLException {
        Conditions where = matching(filter);
        where.always("destroyed_at IS NULL");
        String living = SELECT + where.sql() + NEWEST;
        if (!filter.includeDestroyed()) {
            return session.list(TABLE.read(), living, where.with(filter.limit()));
        }
        // Living and destroyed ones have indexes of their own. A page of each is read by them, and a page is made of
        // both;
        // a union of all of both would be sorted as a whole.
        String both = "SELECT * FROM (" + living + ") AS living UNION ALL SELECT * FROM ("
                + living.replace("destroyed_at IS NULL", "destroyed_at IS NOT NULL") + ") AS destroyed" + NEWEST;
        List<Object> values = new ArrayList<>(List.of(where.with(filter.limit())));
        values.addAll(List.of(where.with(filter.limit())));
        values.add((long) filter.limit());
        return session.list(TABLE.read(), both, values.toArray());
    }

    private static Conditions matching(ActorFilter filter) {
        ActorId before = filter.before();
        Conditions where = new Conditions();
        where.equal("namespace_id", filter.namespace().value());
        where.equal("name", filter.name());
        where.equal("key", filter.key());
        if (!filter.ids().isEmpty()) {
            where.in("id", filter.ids().stream().map(ActorId::value).toList());
        }
        where.and("id < ?", before == null ? null : before.value());
        return where;
    }

    static List<ActorRecord> awake(Session session, @Nullable ActorId after, int limit) throws SQLException {
        Conditions where = new Conditions();
        where.always("awake = 1");
        where.and("id > ?", after == null ? null : after.value());
        return session.list(TABLE.read(), SELECT + where.sql() + " ORDER BY id LIMIT ?", where.with(limit));
    }

    static List<ActorRecord> due(Session session, Instant at, int limit) throws SQLException {
        return session.list(
                TABLE.read(), SELECT + " WHERE alarm_at <= ? ORDER BY alarm_at, id LIMIT ?", Values.nanos(at), (long)
                        limit);
    }

    static Optional<Instant> nextAlarm(Session session) throws SQLException {
        return session.first(
                Row::time, "SELECT alarm_at FROM actors WHERE alarm_at IS NOT NULL ORDER BY alarm_at, id LIMIT 1");
    }
}
