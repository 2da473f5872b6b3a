package mayfly.machine.kvm.program;

import java.time.Instant;
import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.AddressSpace;

/**
 * A program's clocks. Its monotonic clock is the host's plus an offset, which is 0 unless the program was saved to a file
 * and goes on where the host's clock shows less than it has seen. Copied machines go on with the same clocks.
 */
final class Clocks {
    // linux/time.h
    static final int REALTIME = 0;
    static final int MONOTONIC = 1;
    private static final int PROCESS_CPU = 2;
    private static final int THREAD_CPU = 3;
    private static final int MONOTONIC_RAW = 4;
    private static final int REALTIME_COARSE = 5;
    private static final int MONOTONIC_COARSE = 6;
    static final int BOOTTIME = 7;
    private static final int TAI = 11;

    static final long SECOND = 1_000_000_000L;
    private static final long COARSE_NANOS = 4_000_000;

    private long offset;
    private long frozenAt;

    Clocks() {}

    Clocks copy() {
        Clocks copy = new Clocks();
        copy.offset = offset;
        copy.frozenAt = frozenAt;
        return copy;
    }

    /** The program stops here, to be saved. */
    void freeze() {
        frozenAt = monotonic();
    }

    /** What the monotonic clock showed at {@link #freeze}. */
    long frozenAt() {
        return frozenAt;
    }

    /**
     * The program was saved, and goes on: its monotonic clock shows no less than when it was frozen, though the host may
     * have been started again since.
     *
     * @param savedOffset {@link #offset} as it was then
     * @return the offset now
     */
    long goOn(long savedOffset, long savedFrozenAt) {
        offset = Math.max(savedOffset, savedFrozenAt - System.nanoTime());
        frozenAt = savedFrozenAt;
        return offset;
    }

    /** How far the monotonic clock is ahead of {@link System#nanoTime}. */
    long offset() {
        return offset;
    }

    long monotonic() {
        return System.nanoTime() + offset;
    }

    /** Nanoseconds since 1970. */
    static long realtime() {
        Instant now = Instant.now();
        return now.getEpochSecond() * SECOND + now.getNano();
    }

    /** What a clock shows now, in nanoseconds; negative when there is no such clock. */
    long read(Program program, int clock) {
        return switch (clock) {
            case REALTIME, REALTIME_COARSE, TAI -> realtime();
            case MONOTONIC, MONOTONIC_RAW, MONOTONIC_COARSE, BOOTTIME -> monotonic();
            case PROCESS_CPU -> program.state().cpu.total(System.nanoTime());
            case THREAD_CPU -> program.state().cpu.ofCurrent(program.current(), System.nanoTime());
            default -> clock < 0 ? cpuClock(program, clock) : -Errno.EINVAL;
        };
    }

    /** The clocks of pthread_getcpuclockid(3): the complement of an id above three bits, of which bit 2 says thread. */
    private static long cpuClock(Program program, int clock) {
        int id = ~(clock >> 3);
        long now = System.nanoTime();
        if ((clock & 3) == 3) {
            return -Errno.EINVAL;
        }
        if ((clock & 4) == 0) {
            return id == 0 || program.process().hasId(id) ? program.state().cpu.total(now) : -Errno.EINVAL;
        }
        GuestThread current = program.current();
        if (id == 0 || id == current.id) {
            return program.state().cpu.ofCurrent(current, now);
        }
        for (GuestThread thread : program.process().threads) {
            if (thread.id == id) {
                return thread.cpuNanos;
            }
        }
        return -Errno.EINVAL;
    }

    /** Nanoseconds between two values of a clock. */
    static long resolution(int clock) {
        return clock == REALTIME_COARSE || clock == MONOTONIC_COARSE ? COARSE_NANOS : 1;
    }

    /** Whether one can sleep by a clock and set timers by it. */
    static boolean isForTimers(int clock) {
        return switch (clock) {
            case REALTIME, MONOTONIC, BOOTTIME, TAI -> true;
            default -> false;
        };
    }

    /**
     * When a clock will show a time, as {@link System#nanoTime} will; {@link Wait#FOREVER} when that is too far away.
     * The past stays in the past.
     */
    long deadline(int clock, long nanos) {
        boolean real = clock == REALTIME || clock == TAI;
        return after(nanos - (real ? realtime() : monotonic()));
    }

    /** So many nanoseconds from now, as {@link System#nanoTime}. */
    static long after(long nanos) {
        long deadline = System.nanoTime() + nanos;
        return nanos > 0 && deadline < 0 ? Wait.FOREVER : deadline;
    }

    // struct timespec and struct timeval: two longs

    /** A struct timespec in nanoseconds, saturated; negative when it is not one: EINVAL. */
    static long timespec(AddressSpace space, long address) {
        return nanos(space.getLong(address), space.getLong(address + 8), 1);
    }

    /** A struct timeval in nanoseconds. */
    static long timeval(AddressSpace space, long address) {
        return nanos(space.getLong(address), space.getLong(address + 8), 1000);
    }

    private static long nanos(long seconds, long fraction, long unit) {
        if (seconds < 0 || fraction < 0 || fraction >= SECOND / unit) {
            return -Errno.EINVAL;
        }
        return seconds >= Long.MAX_VALUE / SECOND ? Long.MAX_VALUE : seconds * SECOND + fraction * unit;
    }

    static void putTimespec(AddressSpace space, long address, long nanos) {
        space.putLong(address, nanos / SECOND);
        space.putLong(address + 8, nanos % SECOND);
    }

    static void putTimeval(AddressSpace space, long address, long nanos) {
        space.putLong(address, nanos / SECOND);
        space.putLong(address + 8, nanos % SECOND / 1000);
    }
}
