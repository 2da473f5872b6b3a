package mayfly.store.sql;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table whose rows are whole records: the first columns are the key.
 *
 * @param makes whether writing a row whose key is not there makes it; else it changes nothing
 * @param keys how many columns are the key
 * @param fence SQL over {@code name.column} (the stored row) and {@code excluded.column} (the new one): whether the new
 *     one may replace the stored one
 * @param replaces the same rule in Java, (stored, new), for two writes that meet in one batch
 * @param read takes all columns in order
 */
public record Table<R>(
        String name,
        boolean makes,
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
        return names(columns);
    }

    /** The columns of a row that are sent to the engine, in order. */
    public List<Column<R>> written() {
        return makes
                ? columns
                : Stream.concat(
                                columns.stream().limit(keys),
                                columns.stream().skip(keys).filter(column -> !column.fixed()))
                        .toList();
    }

    /** Writes the rows behind the fence; {@code rows} is a query or VALUES that has the written columns. */
    public String write(String rows) {
        // An engine rewrites every index that has an assigned column, so what never changes is not assigned.
        String assignments = columns.stream()
                .skip(keys)
                .filter(column -> !column.fixed())
                .map(column -> column.name() + " = excluded." + column.name())
                .collect(Collectors.joining(", "));
        if (makes) {
            return "INSERT INTO " + name + " (" + columnNames() + ") " + rows + " ON CONFLICT (" + names(key())
                    + ") DO UPDATE SET " + assignments + " WHERE " + fence;
        }
        String same = key().stream()
                .map(column -> name + "." + column.name() + " = excluded." + column.name() + " AND ")
                .collect(Collectors.joining());
        return "WITH excluded (" + names(written()) + ") AS (" + rows + ") UPDATE " + name + " SET " + assignments
                + " FROM excluded WHERE " + same + "(" + fence + ")";
    }

    private List<Column<R>> key() {
        return columns.subList(0, keys);
    }

    private static <R> String names(List<Column<R>> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(", "));
    }

    /** The key of a row, equal for equal keys. */
    Object key(R row) {
        if (keys == 1) {
            return part(columns.getFirst(), row);
        }
        List<Object> key = new ArrayList<>(keys);
        for (Column<R> column : key()) {
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
