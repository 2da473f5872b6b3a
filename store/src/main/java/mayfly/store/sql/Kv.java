package mayfly.store.sql;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.store.KvEntry;
import mayfly.store.KvPair;
import mayfly.store.KvRange;
import mayfly.store.StoreException;
import mayfly.store.StoreException.Kind;

/** The texts about what actors keep. Both engines compare bytes as unsigned, a shorter key before what it begins. */
final class Kv {
    /** One row; made of a pair that is to be put. */
    record Kept(ActorId actor, KvPair pair, Instant updatedAt) {}

    static final Table<Kept> TABLE = new Table<>(
            "kv",
            true,
            2,
            List.of(
                    Column.text("actor_id", r -> r.actor().value()),
                    Column.bytes("key", r -> r.pair().key()),
                    Column.time("updated_at", Kept::updatedAt),
                    Column.bytes("value", r -> r.pair().value())),
            "TRUE",
            (_, _) -> true,
            row -> {
                ActorId actor = new ActorId(row.text());
                byte[] key = row.bytes();
                var updatedAt = row.time();
                return new Kept(actor, new KvPair(key, row.bytes()), updatedAt);
            });

    private static final String SELECT = "SELECT key, updated_at, value FROM kv";

    private Kv() {}

    static void delete(Session session, ActorId actor, List<byte[]> keys) throws SQLException {
        Conditions where = of(actor);
        where.in("key", keys);
        session.update("DELETE FROM kv" + where.sql(), where.values());
    }

    static void delete(Session session, ActorId actor, KvRange range) throws SQLException {
        Conditions where = of(actor, range);
        session.update("DELETE FROM kv" + where.sql(), where.values());
    }

    /** Deletes some, and tells how many; fewer than the limit when nothing is left. */
    static int deleteSome(Session session, ActorId actor, int limit) throws SQLException {
        return session.update(
                "DELETE FROM kv WHERE actor_id = ? AND key IN (SELECT key FROM kv WHERE actor_id = ?"
                        + " ORDER BY key LIMIT ?)",
                actor.value(),
                actor.value(),
                (long) limit);
    }

    static List<KvEntry> get(Session session, ActorId actor, List<byte[]> keys) throws SQLException {
        Conditions where = of(actor);
        where.in("key", keys);
        return session.list(new BoundedReader(), SELECT + where.sql() + " ORDER BY key", where.values());
    }

    static List<KvEntry> list(Session session, ActorId actor, KvRange range, boolean reverse, int limit)
            throws SQLException {
        Conditions where = of(actor, range);
        String order = reverse ? " ORDER BY key DESC LIMIT ?" : " ORDER BY key LIMIT ?";
        return session.list(new BoundedReader(), SELECT + where.sql() + order, where.with(limit));
    }

    static long bytes(Session session, ActorId actor) throws SQLException {
        return session.first(
                        Row::integer,
                        "SELECT COALESCE(SUM(length(key) + length(value)), 0) FROM kv WHERE actor_id = ?",
                        actor.value())
                .orElseThrow();
    }

    private static Conditions of(ActorId actor) {
        Conditions where = new Conditions();
        where.equal("actor_id", actor.value());
        return where;
    }

    private static Conditions of(ActorId actor, KvRange range) {
        Conditions where = of(actor);
        where.and(range.fromInclusive() ? "key >= ?" : "key > ?", range.from());
        where.and(range.toInclusive() ? "key <= ?" : "key < ?", range.to());
        return where;
    }

    /** Reads entries as long as they fit into one answer. */
    private static final class BoundedReader implements Function<Row, KvEntry> {
        private long bytes;

        @Override
        public KvEntry apply(Row row) {
            byte[] key = row.bytes();
            Instant updatedAt = row.time();
            byte[] value = row.bytes();
            bytes += key.length + value.length;
            if (bytes > Limits.KV_ANSWER_BYTES_MAX) {
                throw new StoreException(
                        Kind.TOO_LARGE,
                        "more than " + Limits.KV_ANSWER_BYTES_MAX + " bytes of keys and values; list fewer at once");
            }
            return new KvEntry(key, value, updatedAt);
        }
    }
}
