package mayfly.base;

/**
 * Names a runner: one program that hosts actors, over all its connections.
 * Clients put it into paths, host names and subprotocols: lower-case letters and digits only.
 *
 * @param value {@code run} and 26 characters, see {@link Ids}
 */
public record RunnerId(String value) implements Comparable<RunnerId> {
    public RunnerId {
        Ids.checked("run", value);
    }

    @Override
    public int compareTo(RunnerId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
