package mayfly.node;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import mayfly.core.connection.Ending;
import mayfly.core.connection.Ending.End;
import mayfly.machine.Reset;

/** Counts a service's connections; any thread may. */
final class ServiceCounters {
    private final Map<End, Long> ends = new EnumMap<>(End.class);
    private final ResetCounters resets = new ResetCounters();
    private long accepted;
    private long received;
    private long sent;
    private long heldMicros;
    private long heldMicrosMax;
    private long servedMicros;
    private long servedMicrosMax;

    /** The number of the connection that was accepted now. */
    synchronized long accepted() {
        return ++accepted;
    }

    synchronized void ended(Ending ending) {
        ends.merge(ending.end(), 1L, Long::sum);
        received += ending.received();
        sent += ending.sent();
        long held = TimeUnit.NANOSECONDS.toMicros(ending.heldNanos());
        heldMicros += held;
        heldMicrosMax = Math.max(heldMicrosMax, held);
        long served = TimeUnit.NANOSECONDS.toMicros(ending.servedNanos());
        servedMicros += served;
        servedMicrosMax = Math.max(servedMicrosMax, served);
    }

    void reset(Reset reset) {
        resets.add(reset);
    }

    synchronized ServiceStats with(
            Edition now, int machines, boolean awake, OptionalLong memory, int active, int waiting) {
        ServiceSettings settings = now.settings();
        return new ServiceStats(
                settings.name(),
                settings.version(),
                settings.workers(),
                now.driver(),
                machines,
                awake,
                memory,
                accepted,
                active,
                waiting,
                ends,
                received,
                sent,
                heldMicros,
                heldMicrosMax,
                servedMicros,
                servedMicrosMax,
                resets.stats());
    }
}
