package mayfly.store.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides how a batch is written: upserts of one table become one statement, with only the last row of each key, and
 * every other write runs by itself. An upsert may move ahead of writes to other tables, which nobody can see inside a
 * transaction, but never across a {@linkplain Write.Single#after write that reads its table}.
 */
final class Plan {
    /** What is sent to the engine at once. */
    sealed interface Step {
        void run(Session session, Dialect dialect) throws SQLException;
    }

    /** The rows of one table, one for each key. */
    record Rows<R>(Table<R> table, Map<Object, R> byKey) implements Step {
        void add(R row) {
            byKey.merge(table.key(row), row, (stored, next) -> table.replaces().test(stored, next) ? next : stored);
        }

        @Override
        public void run(Session session, Dialect dialect) throws SQLException {
            dialect.upsert(session, table, List.copyOf(byKey.values()));
        }
    }

    /** One write with an answer. */
    record Alone<T>(Pending<T> pending, Write.Single<T> write) implements Step {
        @Override
        public void run(Session session, Dialect dialect) throws SQLException {
            pending.apply(write, session);
        }
    }

    private final List<Step> steps = new ArrayList<>();
    /** By the table's name: where its next row goes. */
    private final Map<String, Rows<?>> open = new HashMap<>();

    private Plan() {}

    static List<Step> of(List<Pending<?>> batch) {
        Plan plan = new Plan();
        for (Pending<?> pending : batch) {
            plan.add(pending);
        }
        return plan.steps;
    }

    private <T> void add(Pending<T> pending) {
        switch (pending.write()) {
            case Write.Upsert<?> upsert -> add(upsert);
            case Write.Single<T> single -> {
                single.after().forEach(table -> open.remove(table.name()));
                steps.add(new Alone<>(pending, single));
            }
        }
    }

    private <R> void add(Write.Upsert<R> upsert) {
        // A name has one table, so the rows are of its type.
        @SuppressWarnings("unchecked")
        Rows<R> rows = (Rows<R>) open.get(upsert.table().name());
        if (rows == null) {
            rows = new Rows<>(upsert.table(), new LinkedHashMap<>());
            open.put(upsert.table().name(), rows);
            steps.add(rows);
        }
        upsert.rows().forEach(rows::add);
    }
}
