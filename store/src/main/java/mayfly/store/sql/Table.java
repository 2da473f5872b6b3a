package mayfly.store.sql;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table whose rows are whole records, written by upsert: the first columns are the key.
 *
 * @param keys how many columns that are
 * @param fence SQL over {@code name.column} (the stored row) and {@code excluded.column} (the new one): whether the new
 *     one may replace the stored one
 * @param replaces the same rule in Java, (stored, new), for two writes that meet in one batch
 * @param read takes all columns in order
 */
public record Table<R>(
        String name,
        int keys,
        List<Column<R>> columns,
        String fence,
        BiPredicate<R, R> replaces,
        Function<Row, R> read) {
    public Table {
        columns = List.copyOf(columns);
    }

    /** The column names, separated by commas. */
    public String columnNames() {
        return columns.stream().map(Column::name).collect(Collectors.joining(", "));
    }

    /** What follows {@code INSERT INTO name (columns) <rows>} to make it an upsert behind the fence. */
    public String orReplace() {
        String key = columns.stream().limit(keys).map(Column::name).collect(Collectors.joining(", "));
        // An engine rewrites every index that has an assigned column, so what never changes is not assigned.
        String assignments = columns.stream()
                .skip(keys)
                .filter(column -> !column.fixed())
                .map(column -> column.name() + " = excluded." + column.name())
                .collect(Collectors.joining(", "));
        return " ON CONFLICT (" + key + ") DO UPDATE SET " + assignments + " WHERE " + fence;
    }

    /** The key of a row, equal for equal keys. */
    Object key(R row) {
        if (keys == 1) {
            return part(columns.getFirst(), row);
        }
        List<Object> key = new ArrayList<>(keys);
        for (Column<R> column : columns.subList(0, keys)) {
            key.add(part(column, row));
        }
        return key;
    }

    private Object part(Column<R> column, R row) {
        return switch (column.value().apply(row)) {
            case null -> throw new AssertionError("a row of " + name + " without a key");
            case byte[] bytes -> ByteBuffer.wrap(bytes);
            case Object value -> value;
        };
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
