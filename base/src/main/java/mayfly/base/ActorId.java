package mayfly.base;

/**
 * Names an actor, over all its generations and wherever it runs.
 * Clients put it into paths, host names and subprotocols: lower-case letters and digits only.
 *
 * @param value {@code act} and 26 characters, see {@link Ids}
 */
public record ActorId(String value) implements Comparable<ActorId> {
    public ActorId {
        Ids.checked("act", value);
    }

    @Override
    public int compareTo(ActorId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
