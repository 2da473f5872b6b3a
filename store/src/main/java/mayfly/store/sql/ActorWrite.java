package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.store.ActorRecord;
import mayfly.store.KvRange;
import mayfly.store.NamespaceRecord;
import org.jspecify.annotations.Nullable;

/** The writes about actors that are more than a whole row. */
sealed interface ActorWrite<T> extends Write.Single<T> {
    record CreateNamespace(NamespaceRecord namespace) implements ActorWrite<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Namespaces.create(session, namespace);
        }
    }

    record DeletePoolConfig(NamespaceId namespace, String name) implements ActorWrite<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return PoolConfigs.delete(session, namespace, name);
        }

        @Override
        public List<Table<?>> after() {
            return List.of(PoolConfigs.TABLE);
        }
    }

    record PruneRunners(long beforeNanos, int limit) implements ActorWrite<Integer> {
        @Override
        public Integer apply(Session session) throws SQLException {
            return Runners.prune(session, beforeNanos, limit);
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Runners.TABLE);
        }
    }

    record CreateActor(ActorRecord actor, byte @Nullable [] input) implements ActorWrite<Optional<ActorId>> {
        @Override
        public Optional<ActorId> apply(Session session) throws SQLException {
            return Actors.create(session, actor, input);
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Actors.TABLE);
        }

        @Override
        public long weight() {
            return Actors.TABLE.weight(actor) + (input == null ? 0 : input.length);
        }
    }

    /** A row with a time of destruction: an upsert does not write that column. */
    record PutDestroyed(ActorRecord actor) implements ActorWrite<Void> {
        @Override
        public @Nullable Void apply(Session session) throws SQLException {
            Actors.putDestroyed(session, actor);
            return null;
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Actors.TABLE);
        }

        @Override
        public boolean repeatable() {
            return true;
        }

        @Override
        public long weight() {
            return Actors.TABLE.weight(actor);
        }
    }

    record PruneActors(long beforeNanos, int limit) implements ActorWrite<Integer> {
        @Override
        public Integer apply(Session session) throws SQLException {
            return Actors.prune(session, beforeNanos, limit);
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Actors.TABLE, Kv.TABLE);
        }
    }

    record KvDelete(ActorId actor, List<byte[]> keys) implements ActorWrite<Void> {
        @Override
        public @Nullable Void apply(Session session) throws SQLException {
            Kv.delete(session, actor, keys);
            return null;
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Kv.TABLE);
        }

        @Override
        public boolean repeatable() {
            return true;
        }

        @Override
        public long weight() {
            return 256 + keys.stream().mapToLong(key -> key.length).sum();
        }
    }

    record KvDeleteRange(ActorId actor, KvRange range) implements ActorWrite<Void> {
        @Override
        public @Nullable Void apply(Session session) throws SQLException {
            Kv.delete(session, actor, range);
            return null;
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Kv.TABLE);
        }

        @Override
        public boolean repeatable() {
            return true;
        }
    }
}
