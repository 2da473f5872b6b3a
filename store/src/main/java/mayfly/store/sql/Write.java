package mayfly.store.sql;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import mayfly.base.FunctionId;
import mayfly.base.ServiceId;
import mayfly.base.TaskId;
import mayfly.store.FunctionRecord;
import mayfly.store.ServiceRecord;
import mayfly.store.VersionRecord;
import org.jspecify.annotations.Nullable;

/** One write that somebody handed in. */
sealed interface Write<T> {
    /** What it weighs in the queue, roughly, in bytes. */
    default long weight() {
        return 256;
    }

    /** A write of whole rows, which may be coalesced with later ones of the same keys and repeated without harm. */
    record Upsert<R>(Table<R> table, List<R> rows, long weight) implements Write<Void> {
        Upsert(Table<R> table, List<R> rows) {
            this(table, rows, rows.stream().mapToLong(table::weight).sum());
        }

        Upsert(Table<R> table, R row) {
            this(table, List.of(row), table.weight(row));
        }
    }

    /** A write with an answer, run by itself in its place in the order. */
    non-sealed interface Single<T> extends Write<T> {
        @Nullable
        T apply(Session session) throws SQLException;

        /** Whether running it a second time gives the same state and the same answer. */
        default boolean repeatable() {
            return false;
        }

        /** The tables that earlier upserts must have reached before this runs, and later ones not. */
        default List<Table<?>> after() {
            return List.of();
        }
    }

    record PutArtifact(String sha256, byte[] bytes) implements Single<Void> {
        @Override
        public @Nullable Void apply(Session session) throws SQLException {
            Functions.putArtifact(session, sha256, bytes);
            return null;
        }

        @Override
        public boolean repeatable() {
            return true;
        }

        @Override
        public long weight() {
            return bytes.length + 256L;
        }
    }

    record CreateFunction(FunctionRecord function, VersionRecord version) implements Single<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Functions.create(session, function, version);
        }

        @Override
        public long weight() {
            return version.spec().length() + 1024L;
        }
    }

    record AddVersion(VersionRecord version, Instant updatedAt) implements Single<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Functions.addVersion(session, version, updatedAt);
        }

        @Override
        public long weight() {
            return version.spec().length() + 1024L;
        }
    }

    record DeleteFunction(FunctionId id, Instant deletedAt) implements Single<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Functions.delete(session, id, deletedAt);
        }
    }

    record PruneArtifacts(int limit) implements Single<Integer> {
        @Override
        public Integer apply(Session session) throws SQLException {
            return Functions.pruneArtifacts(session, limit);
        }
    }

    record PruneInvocations(long beforeNanos, int limit) implements Single<Integer> {
        @Override
        public Integer apply(Session session) throws SQLException {
            return Invocations.prune(session, beforeNanos, limit);
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Invocations.TABLE);
        }
    }

    record DeleteTask(TaskId id) implements Single<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Tasks.delete(session, id);
        }

        @Override
        public List<Table<?>> after() {
            return List.of(Tasks.TABLE);
        }
    }

    record CreateService(ServiceRecord service) implements Single<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Services.create(session, service);
        }

        @Override
        public long weight() {
            return service.definition().length() + 1024L;
        }
    }

    record ReplaceService(ServiceRecord service) implements Single<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Services.replace(session, service);
        }

        @Override
        public long weight() {
            return service.definition().length() + 1024L;
        }
    }

    record DeleteService(ServiceId id) implements Single<Boolean> {
        @Override
        public Boolean apply(Session session) throws SQLException {
            return Services.delete(session, id);
        }
    }

    /** Whether doing it twice is the same as doing it once, answer included. */
    static boolean repeatable(Write<?> write) {
        return switch (write) {
            case Upsert<?> _ -> true;
            case Single<?> single -> single.repeatable();
        };
    }
}
