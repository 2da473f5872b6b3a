package mayfly.machine.kvm.cpu;

import java.time.Instant;
import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.GuestRam;

/**
 * Keeps the page up to date that the machine's programs read clocks by. It belongs to the machine, not to its program: a
 * reset leaves the page alone, and a forked machine measures its own counter. A program that finds the page too old makes
 * a system call, which renews it; it cannot write the page.
 */
public final class MachineClock {
    // struct time_page in src/main/c/vdso.c
    private static final long PAGE = GuestRam.address(Layout.VDSO_DATA_PAGE);
    private static final long SEQUENCE = PAGE;
    private static final long BASE = PAGE + 8;
    private static final long TICKS = PAGE + 16;
    private static final long SCALE = PAGE + 24;
    private static final long MONOTONIC = PAGE + 32;
    private static final long REALTIME = PAGE + 40;

    private static final long SECOND = 1_000_000_000L;
    private static final int TRIES = 6;
    private static final int READ_TRIES = 5;
    private static final long READ_NANOS = 2_000;

    private final Processor processor;
    private final Memory memory;
    private final TimeModel model;
    private final boolean steady;
    private long offset;
    private long measuredAt;
    /** How long a measurement takes when nothing disturbs it. */
    private long shortest = Long.MAX_VALUE;

    MachineClock(Processor processor, Memory memory, int ticksPerMilli) {
        this.processor = processor;
        this.memory = memory;
        model = new TimeModel(ticksPerMilli);
        steady = SteadyTicks.here();
    }

    /** The program's monotonic clock is this much ahead of {@link System#nanoTime}. */
    public void setOffset(long nanos) {
        if (offset != nanos) {
            offset = nanos;
            write();
        }
    }

    /** Whether the page is too old, or soon will be. */
    public boolean isOld() {
        return steady && System.nanoTime() - measuredAt >= model.horizon() / 2;
    }

    /**
     * Renews the page. The program must be settled.
     *
     * @throws ErrnoException the machine is broken
     */
    public void renew() throws ErrnoException {
        if (!steady) {
            return; // the page stays as it is: of no use
        }
        long bestTicks = 0;
        long bestNanos = 0;
        long bestWindow = Long.MAX_VALUE;
        long[] window = new long[2];
        for (int i = 0; i < TRIES && bestWindow > goodEnough(); i++) {
            long ticks = processor.readTicks(window);
            if (ticks == 0) {
                return; // a signal is waiting for the program's thread
            }
            long nanos = window[1] - window[0];
            if (nanos < bestWindow) {
                bestWindow = nanos;
                bestTicks = ticks;
                bestNanos = window[0] + nanos / 2;
            }
        }
        shortest = Math.min(shortest, bestWindow);
        model.measure(bestTicks, bestNanos);
        measuredAt = bestNanos;
        write();
    }

    /** The first measurement cannot know, and takes the best of some. */
    private long goodEnough() {
        return shortest == Long.MAX_VALUE ? 0 : shortest + shortest / 8;
    }

    private void write() {
        memory.putInt(SEQUENCE, memory.getInt(SEQUENCE) + 1);
        memory.putLong(BASE, model.base());
        memory.putLong(TICKS, steady ? model.limit() : 0);
        memory.putLong(SCALE, model.scale());
        memory.putLong(MONOTONIC, model.nanos() + offset);
        memory.putLong(REALTIME, model.nanos() + realtimeOffset());
    }

    /** How far the time since 1970 is ahead of {@link System#nanoTime}. */
    private static long realtimeOffset() {
        long best = 0;
        long bestWindow = Long.MAX_VALUE;
        for (int i = 0; i < READ_TRIES && bestWindow > READ_NANOS; i++) {
            long before = System.nanoTime();
            Instant now = Instant.now();
            long window = System.nanoTime() - before;
            if (window < bestWindow) {
                bestWindow = window;
                best = now.getEpochSecond() * SECOND + now.getNano() - (before + window / 2);
            }
        }
        return best;
    }
}
