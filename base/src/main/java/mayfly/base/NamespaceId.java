package mayfly.base;

/**
 * Names a namespace: actors, runners and pools of one never meet those of another.
 * Clients put it into paths, host names and subprotocols: lower-case letters and digits only.
 *
 * @param value {@code ns} and 26 characters, see {@link Ids}
 */
public record NamespaceId(String value) implements Comparable<NamespaceId> {
    public NamespaceId {
        Ids.checked("ns", value);
    }

    @Override
    public int compareTo(NamespaceId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
