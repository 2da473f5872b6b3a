package mayfly.base;

/**
 * Names a deployed function, for all its versions.
 *
 * @param value {@code fn_} and 26 characters, see {@link Ids}
 */
public record FunctionId(String value) implements Comparable<FunctionId> {
    public FunctionId {
        Ids.checked("fn_", value);
    }

    @Override
    public int compareTo(FunctionId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
