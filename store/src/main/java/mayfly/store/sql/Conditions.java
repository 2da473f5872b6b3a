package mayfly.store.sql;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects the conditions of a list; those without a value are left out. */
final class Conditions {
    private final List<String> conditions = new ArrayList<>();
    private final List<Object> values = new ArrayList<>();

    void equal(String column, @Nullable String value) {
        and(column + " = ?", value);
    }

    /** Adds a condition with one parameter, unless its value is null. */
    void and(String condition, @Nullable String value) {
        String text = Values.text(value);
        if (text != null) {
            conditions.add(condition);
            values.add(text);
        }
    }

    /** Compares by characters, as LIKE does not: its wildcards would need escaping and SQLite's ignores case. */
    void prefix(String column, @Nullable String prefix) {
        and(column + " >= ?", prefix);
        String text = Values.text(prefix);
        if (text != null) {
            conditions.add("substr(" + column + ", 1, length(?)) = ?");
            values.add(text);
            values.add(text);
        }
    }

    void always(String condition) {
        conditions.add(condition);
    }

    /** The WHERE clause, empty when there is no condition. */
    String sql() {
        return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }

    /** The values in order, and the limit behind them. */
    Object[] with(int limit) {
        List<Object> all = new ArrayList<>(values);
        all.add((long) limit);
        return all.toArray();
    }
}
