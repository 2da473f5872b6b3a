package mayfly.store.sql;

import java.util.ArrayList;
import java.util.Collections;
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

    /** Adds a condition with one parameter, unless its value is null. */
    void and(String condition, byte @Nullable [] value) {
        if (value != null) {
            conditions.add(condition);
            values.add(value);
        }
    }

    /** That the column is one of these. */
    void in(String column, List<?> any) {
        conditions.add(column + " IN (" + marks(any.size()) + ")");
        values.addAll(padded(any));
    }

    /** Question marks for so many values; of few different lengths, since every text is prepared once and kept. */
    private static String marks(int values) {
        return String.join(", ", Collections.nCopies(paddedSize(values), "?"));
    }

    private static int paddedSize(int values) {
        return values <= 1 ? 1 : Integer.highestOneBit(values - 1) << 1;
    }

    /** The values, the last one as often as {@link #marks} wants. */
    private static List<Object> padded(List<?> values) {
        List<Object> all = new ArrayList<>(values);
        while (all.size() < paddedSize(values.size())) {
            all.add(all.getLast());
        }
        return all;
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

    /** The values in order. */
    Object[] values() {
        return values.toArray();
    }

    /** The values in order, and the limit behind them. */
    Object[] with(int limit) {
        List<Object> all = new ArrayList<>(values);
        all.add((long) limit);
        return all.toArray();
    }
}
