package mayfly.runner;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.KvListQuery;
import mayfly.runner.protocol.KvRequestData;

/** What the runner itself keeps in an actor's store, under keys that begin with a zero byte: written and read here alone. */
final class OwnKeys {
    private static final byte STARTED = 1;
    private static final byte STATE = 2;
    private static final byte ALARM = 3;
    private static final byte SOCKET = 4;
    private static final byte INDEX = 5;
    private static final int SOCKET_KEY_BYTES = 2 + 2 * Integer.BYTES;

    /**
     * All of it, as an actor finds it when it starts.
     *
     * @param started whether {@link Actor#onStart} was over once
     * @param alarmMillis milliseconds since 1970
     * @param sockets the hibernating ones
     * @param indexes of the last message of each of them that the actor is done with
     */
    record Found(
            boolean started,
            Optional<byte[]> state,
            OptionalLong alarmMillis,
            Map<HibernatingRequest, SocketRecord> sockets,
            Map<HibernatingRequest, Integer> indexes) {}

    private OwnKeys() {}

    static boolean isOwn(byte[] key) {
        return key.length > 0 && key[0] == 0;
    }

    static KvRequestData.Listing query() {
        return new KvRequestData.Listing(
                new KvListQuery.Prefix(new byte[] {0}), Optional.empty(), OptionalLong.empty());
    }

    static Found found(List<KvEntry> entries) throws KvException {
        boolean started = false;
        Optional<byte[]> state = Optional.empty();
        OptionalLong alarm = OptionalLong.empty();
        Map<HibernatingRequest, SocketRecord> sockets = new HashMap<>();
        Map<HibernatingRequest, Integer> indexes = new HashMap<>();
        for (KvEntry entry : entries) {
            byte[] key = entry.key();
            byte[] value = entry.value();
            switch (key.length < 2 ? 0 : key[1]) {
                case STARTED -> started = true;
                case STATE -> state = Optional.of(value);
                case ALARM -> alarm = OptionalLong.of(number(value, Long.BYTES));
                case SOCKET -> sockets.put(request(key), SocketRecord.decode(value));
                case INDEX -> indexes.put(request(key), (int) number(value, Integer.BYTES));
                default -> throw new KvException("a key of the runner's own that it never wrote");
            }
        }
        return new Found(started, state, alarm, sockets, indexes);
    }

    private static long number(byte[] value, int bytes) throws KvException {
        if (value.length != bytes) {
            throw new KvException("a value of the runner's own of " + value.length + " bytes");
        }
        return bytes == Long.BYTES
                ? ByteBuffer.wrap(value).getLong()
                : ByteBuffer.wrap(value).getInt();
    }

    static KvEntry started() {
        return new KvEntry(new byte[] {0, STARTED}, new byte[] {1});
    }

    static KvEntry state(byte[] state) {
        return new KvEntry(new byte[] {0, STATE}, state);
    }

    static KvEntry alarm(long millis) {
        return new KvEntry(
                alarmKey(), ByteBuffer.allocate(Long.BYTES).putLong(millis).array());
    }

    static byte[] alarmKey() {
        return new byte[] {0, ALARM};
    }

    static KvEntry socket(HibernatingRequest request, SocketRecord record) {
        return new KvEntry(key(SOCKET, request), record.encode());
    }

    static KvEntry index(HibernatingRequest request, int index) {
        return new KvEntry(
                key(INDEX, request),
                ByteBuffer.allocate(Integer.BYTES).putInt(index).array());
    }

    static List<byte[]> keysOf(HibernatingRequest request) {
        return List.of(key(SOCKET, request), key(INDEX, request));
    }

    private static byte[] key(byte kind, HibernatingRequest request) {
        return ByteBuffer.allocate(SOCKET_KEY_BYTES)
                .put((byte) 0)
                .put(kind)
                .putInt(request.gatewayId())
                .putInt(request.requestId())
                .array();
    }

    private static HibernatingRequest request(byte[] key) throws KvException {
        if (key.length != SOCKET_KEY_BYTES) {
            throw new KvException("a key of the runner's own of " + key.length + " bytes");
        }
        ByteBuffer parts = ByteBuffer.wrap(key, 2, 2 * Integer.BYTES);
        return new HibernatingRequest(parts.getInt(), parts.getInt());
    }
}
