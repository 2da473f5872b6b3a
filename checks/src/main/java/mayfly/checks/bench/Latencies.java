package mayfly.checks.bench;

import java.util.Arrays;

/**
 * A histogram of durations in nanoseconds with a relative error below 1.6 %: 64 linear steps for each power of two.
 * Fixed memory, no allocation when recording. One thread at a time.
 */
final class Latencies {
    private static final int STEP_BITS = 6;
    private static final int STEPS = 1 << STEP_BITS;

    private final long[] counts = new long[(64 - STEP_BITS) * STEPS];
    private long total;
    private long max;
    private long sum;

    void record(long nanos) {
        counts[index(Math.max(nanos, 0))]++;
        total++;
        max = Math.max(max, nanos);
        sum += nanos;
    }

    void add(Latencies other) {
        Arrays.setAll(counts, i -> counts[i] + other.counts[i]);
        total += other.total;
        sum += other.sum;
        max = Math.max(max, other.max);
    }

    void clear() {
        Arrays.fill(counts, 0);
        total = 0;
        max = 0;
        sum = 0;
    }

    long count() {
        return total;
    }

    /** Not a number when nothing was recorded. */
    double meanNanos() {
        return (double) sum / total;
    }

    long maxNanos() {
        return max;
    }

    /** The smallest duration that at least the given share (0 .. 1] of the recorded ones do not exceed; 0 for none. */
    long quantileNanos(double share) {
        long rank = (long) Math.ceil(share * total);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank && counts[i] > 0) {
                return Math.min(upper(i), max);
            }
        }
        return 0;
    }

    private static int index(long nanos) {
        if (nanos < STEPS) {
            return (int) nanos;
        }
        int shift = 63 - Long.numberOfLeadingZeros(nanos) - STEP_BITS;
        return (shift + 1) * STEPS + (int) ((nanos >>> shift) - STEPS);
    }

    /** The largest duration that falls into the same step. */
    private static long upper(int index) {
        if (index < STEPS) {
            return index;
        }
        int shift = index / STEPS - 1;
        return ((long) (STEPS + index % STEPS + 1) << shift) - 1;
    }
}
