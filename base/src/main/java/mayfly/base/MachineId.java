package mayfly.base;

/**
 * Names a machine; it names the supervised process behind it too.
 *
 * @param value {@code mac_} and 26 characters, see {@link Ids}
 */
public record MachineId(String value) implements Comparable<MachineId> {
    public MachineId {
        Ids.checked("mac_", value);
    }

    @Override
    public int compareTo(MachineId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
