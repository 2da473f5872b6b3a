package mayfly.core.runnerpool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a pool in the order in which they were opened, which their numbers follow. Active ones count for what
 * is desired. Forgotten ones do not, though their runners serve until their lifespan is over; when more are desired again,
 * the newest of them is remembered before another is opened. Draining ones are on their way out.
 */
final class Fleet {
    /** One connection; its host is known once it is up. */
    static final class Connection {
        final long number;
        final long openedMillis;

        @Nullable
        Host host;

        long idleSinceMillis;

        Connection(long number, long openedMillis) {
            this.number = number;
            this.openedMillis = openedMillis;
        }
    }

    private final TreeMap<Long, Connection> active = new TreeMap<>();
    private final TreeMap<Long, Connection> forgotten = new TreeMap<>();
    private final Map<Long, Connection> draining = new HashMap<>();
    /** Active ones whose runner has no actors, the one that has had none for longest first. */
    private final LinkedHashMap<Long, Connection> idle = new LinkedHashMap<>();

    private int up;
    private long last;

    int active() {
        return active.size();
    }

    /** How many of the active ones have a runner. */
    int up() {
        return up;
    }

    long last() {
        return last;
    }

    Connection open(long nowMillis) {
        return add(++last, nowMillis);
    }

    Connection found(long number, long openedMillis) {
        last = Math.max(last, number);
        return add(number, openedMillis);
    }

    private Connection add(long number, long openedMillis) {
        Connection connection = new Connection(number, openedMillis);
        active.put(number, connection);
        return connection;
    }

    boolean isKnown(long number) {
        return find(number) != null || draining.containsKey(number);
    }

    /** An active or forgotten one. */
    @Nullable
    Connection find(long number) {
        Connection connection = active.get(number);
        return connection != null ? connection : forgotten.get(number);
    }

    @Nullable
    Connection findDraining(long number) {
        return draining.get(number);
    }

    boolean isActive(Connection connection) {
        return active.containsKey(connection.number);
    }

    void arrived(Connection connection, Host host, long nowMillis) {
        connection.host = host;
        host.connection = connection.number;
        up += isActive(connection) ? 1 : 0;
        busy(host, nowMillis);
    }

    /** The host's actors have become more or fewer. */
    void busy(Host host, long nowMillis) {
        Connection connection = active.get(host.connection);
        if (connection == null || host.used > 0) {
            idle.remove(host.connection);
        } else if (idle.putIfAbsent(connection.number, connection) == null) {
            connection.idleSinceMillis = nowMillis;
        }
    }

    /** Forgets the oldest. */
    void forget() {
        Connection oldest = active.firstEntry().getValue();
        deactivate(oldest);
        forgotten.put(oldest.number, oldest);
    }

    /** Remembers the newest that was forgotten; false when there is none. */
    boolean remember(long nowMillis) {
        Map.Entry<Long, Connection> newest = forgotten.pollLastEntry();
        if (newest == null) {
            return false;
        }
        Connection connection = newest.getValue();
        active.put(connection.number, connection);
        if (connection.host != null) {
            up++;
            busy(connection.host, nowMillis);
        }
        return true;
    }

    private void deactivate(Connection connection) {
        if (active.remove(connection.number) != null) {
            up -= connection.host == null ? 0 : 1;
            idle.remove(connection.number);
        }
    }

    void drain(Connection connection) {
        deactivate(connection);
        forgotten.remove(connection.number);
        draining.put(connection.number, connection);
    }

    /** The connection is no more. */
    void remove(Connection connection) {
        deactivate(connection);
        forgotten.remove(connection.number);
        draining.remove(connection.number);
        Host host = connection.host;
        if (host != null && host.connection == connection.number) {
            host.connection = Host.NONE;
        }
    }

    /** The active or forgotten one that was opened first. */
    @Nullable
    Connection oldest() {
        Map.Entry<Long, Connection> first = active.firstEntry();
        Map.Entry<Long, Connection> before = forgotten.firstEntry();
        if (first == null) {
            return before == null ? null : before.getValue();
        }
        return before == null || first.getKey() < before.getKey() ? first.getValue() : before.getValue();
    }

    /** The active one whose runner has had no actors for longest. */
    @Nullable
    Connection idlest() {
        Map.Entry<Long, Connection> first = idle.firstEntry();
        return first == null ? null : first.getValue();
    }

    /** All active and forgotten ones, the oldest first. */
    List<Connection> live() {
        TreeMap<Long, Connection> live = new TreeMap<>(forgotten);
        live.putAll(active);
        return new ArrayList<>(live.values());
    }
}
