package mayfly.machine.kvm.files;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** Options of a socket that are kept and given back as they were set; some of them are obeyed by the socket. */
public final class SocketOptions {
    // asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h
    public static final int SOCKET = 1;
    public static final int IP = 0;
    public static final int TCP = 6;
    public static final int IPV6 = 41;
    public static final int REUSE_ADDRESS = 2;
    public static final int REUSE_PORT = 15;
    public static final int LINGER = 13;
    public static final int RECEIVE_TIMEOUT = 20;
    public static final int SEND_TIMEOUT = 21;
    public static final int V6_ONLY = 26;
    public static final int NO_DELAY = 1;
    public static final int CORK = 3;

    private static final int SEND_BUFFER = 7;
    private static final int RECEIVE_BUFFER = 8;
    private static final int BUFFER_BYTES = 212_992;
    /** The largest value's: struct timeval. */
    private static final int VALUE_BYTES_MAX = 16;

    private static final int OPTIONS_MAX = 64;

    /** Those of a level that can be set, besides those with a size of their own. */
    private static final Map<Integer, Set<Integer>> KNOWN = Map.of(
            SOCKET,
            Set.of(
                    REUSE_ADDRESS,
                    5,
                    6,
                    SEND_BUFFER,
                    RECEIVE_BUFFER,
                    9,
                    10,
                    12,
                    LINGER,
                    REUSE_PORT,
                    18,
                    RECEIVE_TIMEOUT,
                    SEND_TIMEOUT,
                    29,
                    46,
                    49),
            IP,
            Set.of(1, 2, 8, 10, 11),
            TCP,
            Set.of(NO_DELAY, 2, CORK, 4, 5, 6, 7, 8, 9, 12, 18, 23, 25),
            IPV6,
            Set.of(16, 25, V6_ONLY, 67));

    /** Replaced when it changes, so copies may share it. */
    private Map<Long, byte[]> values;

    /** None set. */
    public SocketOptions() {
        values = Map.of();
    }

    private SocketOptions(Map<Long, byte[]> values) {
        this.values = values;
    }

    /** For the connections of a listener, and for forks. */
    public SocketOptions copy() {
        return new SocketOptions(values);
    }

    /** Takes down what was set. */
    public void save(StateOut out) throws UnsavableException {
        out.number(values.size());
        for (Map.Entry<Long, byte[]> each : new TreeMap<>(values).entrySet()) {
            out.number(each.getKey());
            out.block(each.getValue());
        }
    }

    public static SocketOptions load(StateIn in) throws DamagedException {
        int count = in.count(OPTIONS_MAX, "options of a socket");
        Map<Long, byte[]> values = new HashMap<>();
        for (int i = 0; i < count; i++) {
            long key = in.longNumber();
            byte[] value = in.block(VALUE_BYTES_MAX, "an option's value");
            in.require(value.length > 0 && value.length == size((int) (key >> 32), (int) key), "an unknown option");
            in.require(values.put(key, value) == null, "an option that is there twice");
        }
        return new SocketOptions(values);
    }

    private static long key(int level, int option) {
        return (long) level << 32 | option;
    }

    /** Bytes of an option's value; 0: it is not known. */
    public static int size(int level, int option) {
        if (!KNOWN.getOrDefault(level, Set.of()).contains(option)) {
            return 0;
        }
        if (level != SOCKET) {
            return 4;
        }
        return switch (option) {
            case RECEIVE_TIMEOUT, SEND_TIMEOUT -> 16;
            case LINGER -> 8;
            default -> 4;
        };
    }

    /** Sets a known option. */
    public void set(int level, int option, byte[] value) {
        Map<Long, byte[]> changed = new HashMap<>(values);
        changed.put(key(level, option), value);
        values = changed;
    }

    /** A known option's value: zeroes when it was not set, as Linux has most. */
    public byte[] get(int level, int option) {
        byte[] value = values.get(key(level, option));
        if (value != null) {
            return value;
        }
        byte[] missing = new byte[size(level, option)];
        if (level == SOCKET && (option == SEND_BUFFER || option == RECEIVE_BUFFER)) {
            missing[0] = (byte) BUFFER_BYTES;
            missing[1] = (byte) (BUFFER_BYTES >> 8);
            missing[2] = (byte) (BUFFER_BYTES >> 16);
        }
        return missing;
    }

    /** Whether an option is switched on. */
    public boolean isOn(int level, int option) {
        byte[] value = values.get(key(level, option));
        if (value != null) {
            for (byte each : value) {
                if (each != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What was set as a struct timeval, in nanoseconds; 0: no limit. */
    public long timeoutNanos(int option) {
        byte @Nullable [] value = values.get(key(SOCKET, option));
        if (value == null) {
            return 0;
        }
        var numbers = java.nio.ByteBuffer.wrap(value).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        long seconds = numbers.getLong();
        long micros = numbers.getLong();
        return seconds < 0 || seconds > 1_000_000_000L || micros < 0 || micros > 1_000_000
                ? 0
                : seconds * 1_000_000_000L + micros * 1000;
    }
}
