package mayfly.store.sql;

import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table whose rows are whole records, written by upsert: the first column is the key.
 *
 * @param fence SQL over {@code name.column} (the stored row) and {@code excluded.column} (the new one): whether the new
 *     one may replace the stored one
 * @param replaces the same rule in Java, (stored, new), for two writes that meet in one batch
 * @param read takes all columns in order
 */
public record Table<R>(
        String name, List<Column<R>> columns, String fence, BiPredicate<R, R> replaces, Function<Row, R> read) {
    public Table {
        columns = List.copyOf(columns);
    }

    /** The column names, separated by commas. */
    public String columnNames() {
        return columns.stream().map(Column::name).collect(Collectors.joining(", "));
    }

    /** What follows {@code INSERT INTO name (columns) <rows>} to make it an upsert behind the fence. */
    public String orReplace() {
        String key = columns.getFirst().name();
        String assignments = columns.stream()
                .skip(1)
                .map(column -> column.name() + " = excluded." + column.name())
                .collect(Collectors.joining(", "));
        return " ON CONFLICT (" + key + ") DO UPDATE SET " + assignments + " WHERE " + fence;
    }

    /** The key of a row. */
    Object key(R row) {
        Object key = columns.getFirst().value().apply(row);
        if (key == null) {
            throw new AssertionError("a row of " + name + " without a key");
        }
        return key;
    }

    /** What a row weighs in a queue, roughly, in bytes. */
    long weight(R row) {
        long weight = 0;
        for (Column<R> column : columns) {
            weight += Column.weight(column.value().apply(row));
        }
        return weight;
    }
}
