package mayfly.store.sql;

import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One column of a table whose rows are whole records: its name and how to get its value out of the record. The value is
 * a String, a Long or a byte array, as the type says, or null.
 *
 * @param fixed whether it keeps the value that a row was made with
 */
public record Column<R>(String name, Type type, boolean fixed, Function<R, @Nullable Object> value) {
    /** The three kinds of value that both engines store alike. */
    public enum Type {
        TEXT,
        INTEGER,
        BYTES
    }

    static <R> Column<R> text(String name, Function<R, @Nullable String> value) {
        return new Column<>(name, Type.TEXT, false, row -> Values.text(value.apply(row)));
    }

    static <R> Column<R> integer(String name, Function<R, @Nullable Number> value) {
        return new Column<>(name, Type.INTEGER, false, row -> {
            Number number = value.apply(row);
            return number == null ? null : (Object) number.longValue();
        });
    }

    static <R> Column<R> flag(String name, Function<R, Boolean> value) {
        return new Column<>(name, Type.INTEGER, false, row -> value.apply(row) ? 1L : 0L);
    }

    static <R> Column<R> time(String name, Function<R, @Nullable Instant> value) {
        return new Column<>(name, Type.INTEGER, false, row -> Values.time(value.apply(row)));
    }

    static <R> Column<R> bytes(String name, Function<R, byte @Nullable []> value) {
        return new Column<>(name, Type.BYTES, false, row -> value.apply(row));
    }

    /** The same column of rows that never change in it. */
    Column<R> asFixed() {
        return new Column<>(name, type, true, value);
    }

    /** What the value weighs in a queue, roughly, in bytes. */
    static long weight(@Nullable Object value) {
        return switch (value) {
            case String text -> text.length();
            case byte[] bytes -> bytes.length;
            case null, default -> Long.BYTES;
        };
    }
}
