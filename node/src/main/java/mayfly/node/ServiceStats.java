package mayfly.node;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import mayfly.core.connection.Ending.End;

/**
 * A service in numbers; its counters begin when the node starts it, and go on through its versions.
 *
 * @param version that new connections go to
 * @param workers connections that may be served at once
 * @param driver which kind of machine serves: "kvm", "process"
 * @param machines that exist now, those of versions that are being replaced not included
 * @param awake whether there is a template to fork machines from; if not, the next connection waits for one to boot
 * @param privateBytes that these machines have for themselves now; empty: their driver cannot tell
 * @param accepted connections; each is active, waiting, or ended
 * @param ends how many ended in each way
 * @param received bytes that programs read from connections that ended
 * @param sent bytes that programs wrote to connections that ended
 * @param heldMicros how long connections that ended had waited, together
 * @param heldMicrosMax how long one had waited at most
 * @param servedMicros how long machines had had them, together
 * @param servedMicrosMax how long a machine had had one at most
 * @param resets of machines after connections
 */
public record ServiceStats(
        String name,
        int version,
        int workers,
        String driver,
        int machines,
        boolean awake,
        OptionalLong privateBytes,
        long accepted,
        int active,
        int waiting,
        Map<End, Long> ends,
        long received,
        long sent,
        long heldMicros,
        long heldMicrosMax,
        long servedMicros,
        long servedMicrosMax,
        ResetStats resets) {
    public ServiceStats {
        ends = new EnumMap<>(ends);
    }

    /** The programs closed them. */
    public long served() {
        return count(End.CLOSED);
    }

    public long timedOut() {
        return count(End.TIMED_OUT);
    }

    public long crashed() {
        return count(End.CRASHED);
    }

    public long cancelled() {
        return count(End.CANCELLED);
    }

    /** Hung up on before any program saw them, for whatever reason. */
    public long refused() {
        long sum = 0;
        for (Map.Entry<End, Long> end : ends.entrySet()) {
            sum += end.getKey().isRefusal() ? end.getValue() : 0;
        }
        return sum;
    }

    public long count(End end) {
        return ends.getOrDefault(end, 0L);
    }
}
