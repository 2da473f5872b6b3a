package mayfly.base;

/**
 * Names one call of a function.
 *
 * @param value {@code inv_} and 26 characters, see {@link Ids}
 */
public record InvocationId(String value) implements Comparable<InvocationId> {
    public InvocationId {
        Ids.checked("inv_", value);
    }

    @Override
    public int compareTo(InvocationId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
