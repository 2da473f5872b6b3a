package mayfly.base;

/**
 * Names a service: a server of which each connection gets a machine.
 *
 * @param value {@code svc_} and 26 characters, see {@link Ids}
 */
public record ServiceId(String value) implements Comparable<ServiceId> {
    public ServiceId {
        Ids.checked("svc_", value);
    }

    @Override
    public int compareTo(ServiceId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
