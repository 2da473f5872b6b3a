package mayfly.core.pool;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/** An immutable list whose one-element changes are one array copy: at these sizes cheaper than any persistent tree. */
final class Row<T> extends AbstractList<T> implements RandomAccess {
    private static final Row<?> EMPTY = new Row<>(new Object[0]);

    private final Object[] items;

    private Row(Object[] items) {
        this.items = items;
    }

    @SuppressWarnings("unchecked") // an empty row holds no T
    static <T> Row<T> empty() {
        return (Row<T>) EMPTY;
    }

    static <T> Row<T> copyOf(List<T> list) {
        return list instanceof Row<T> row ? row : new Row<>(list.toArray());
    }

    Row<T> plus(T item) {
        Object[] copy = Arrays.copyOf(items, items.length + 1);
        copy[items.length] = item;
        return new Row<>(copy);
    }

    Row<T> with(int index, T item) {
        Object[] copy = items.clone();
        copy[index] = item;
        return new Row<>(copy);
    }

    Row<T> minus(int index) {
        if (items.length == 1) {
            return empty();
        }
        Object[] copy = new Object[items.length - 1];
        System.arraycopy(items, 0, copy, 0, index);
        System.arraycopy(items, index + 1, copy, index, copy.length - index);
        return new Row<>(copy);
    }

    @Override
    @SuppressWarnings("unchecked") // only T is ever put in
    public T get(int index) {
        return (T) items[index];
    }

    @Override
    public int size() {
        return items.length;
    }
}
