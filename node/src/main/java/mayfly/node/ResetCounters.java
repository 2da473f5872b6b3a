package mayfly.node;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import mayfly.machine.Reset;

/** Counts how machines are put back; any thread may. */
final class ResetCounters {
    static final int RECENT_MAX = 256;

    private final long[] nanos = new long[RECENT_MAX];
    private final int[] pages = new int[RECENT_MAX];
    private long count;

    synchronized void add(Reset reset) {
        int at = (int) (count++ % RECENT_MAX);
        nanos[at] = reset.nanos();
        pages[at] = reset.pages();
    }

    synchronized ResetStats stats() {
        int recent = (int) Math.min(count, RECENT_MAX);
        if (recent == 0) {
            return new ResetStats(0, 0, 0, 0, 0, 0);
        }
        long[] times = Arrays.copyOf(nanos, recent);
        int[] sizes = Arrays.copyOf(pages, recent);
        Arrays.sort(times);
        Arrays.sort(sizes);
        return new ResetStats(
                count,
                micros(times[place(50, recent)]),
                micros(times[place(99, recent)]),
                micros(times[recent - 1]),
                sizes[place(50, recent)],
                sizes[recent - 1]);
    }

    /** Of the smallest that is not less than so many in a hundred. */
    private static int place(int percent, int count) {
        return (percent * count + 99) / 100 - 1;
    }

    private static long micros(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos);
    }
}
