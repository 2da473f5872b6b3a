package mayfly.machine.kvm.program;

import java.time.Clock;
import java.time.Instant;
import mayfly.linux.Errno;
import mayfly.machine.kvm.program.CallTable.Kind;

/** futex(2). Threads take turns on one processor, so what a call reads and does is one step for all of them. */
final class FutexCalls {
    // linux/futex.h
    private static final int WAIT = 0;
    private static final int WAKE = 1;
    private static final int REQUEUE = 3;
    private static final int CMP_REQUEUE = 4;
    private static final int WAKE_OP = 5;
    private static final int WAIT_BITSET = 9;
    private static final int WAKE_BITSET = 10;
    private static final int PRIVATE = 128;
    private static final int CLOCK_REALTIME = 256;

    private static final long NANOS = 1_000_000_000L;

    private FutexCalls() {}

    static void addTo(CallTable table) {
        table.add(202, "futex", Kind.EMULATED, "without those that inherit priorities", FutexCalls::futex);
    }

    private static long futex(Program program, long[] a) {
        int operation = (int) a[1] & ~PRIVATE & ~CLOCK_REALTIME;
        boolean realtime = (a[1] & CLOCK_REALTIME) != 0;
        if (realtime && operation != WAIT_BITSET && operation != WAIT) {
            return -Errno.ENOSYS;
        }
        return switch (operation) {
            case WAIT -> await(program, a, Futexes.ANY, false, realtime);
            case WAIT_BITSET -> await(program, a, (int) a[5], true, realtime);
            case WAKE -> wake(program, a, Futexes.ANY);
            case WAKE_BITSET -> wake(program, a, (int) a[5]);
            case REQUEUE -> requeue(program, a, false);
            case CMP_REQUEUE -> requeue(program, a, true);
            case WAKE_OP -> wakeWithOperation(program, a);
            default -> -Errno.ENOSYS;
        };
    }

    private static boolean isMisaligned(long address) {
        return (address & 3) != 0;
    }

    private static long await(Program program, long[] a, int bits, boolean absolute, boolean realtime) {
        if (bits == 0 || isMisaligned(a[0])) {
            return -Errno.EINVAL;
        }
        long deadline = Wait.FOREVER;
        if (a[3] != 0) {
            long seconds = program.space().getLong(a[3]);
            long nanos = program.space().getLong(a[3] + 8);
            if (seconds < 0 || nanos < 0 || nanos >= NANOS) {
                return -Errno.EINVAL;
            }
            deadline = deadline(seconds, nanos, absolute, realtime);
        }
        if (program.space().getInt(a[0]) != (int) a[2]) {
            return -Errno.EAGAIN;
        }
        boolean shared = isShared(program, a[0], a[1]);
        long at = shared ? program.space().host(a[0], false) : a[0];
        return program.await(FutexWait.begin(program, shared, at, bits, deadline));
    }

    /** In {@link System#nanoTime} time, which is what the program's monotonic clock shows. */
    private static long deadline(long seconds, long nanos, boolean absolute, boolean realtime) {
        if (seconds >= Long.MAX_VALUE / NANOS / 2) {
            return Wait.FOREVER;
        }
        long time = seconds * NANOS + nanos;
        if (!absolute) {
            return System.nanoTime() + time;
        }
        if (!realtime) {
            return time;
        }
        Instant now = Clock.systemUTC().instant();
        long left = time - (now.getEpochSecond() * NANOS + now.getNano());
        return System.nanoTime() + left;
    }

    private static long wake(Program program, long[] a, int bits) {
        if (bits == 0 || isMisaligned(a[0])) {
            return -Errno.EINVAL;
        }
        // Linux wakes one when asked for none
        return wake(program, a[0], a[1], Math.max(1, (int) a[2]), bits);
    }

    private static long requeue(Program program, long[] a, boolean compare) {
        int wake = (int) a[2];
        int move = (int) a[3];
        if (wake < 0 || move < 0 || isMisaligned(a[0]) || isMisaligned(a[4])) {
            return -Errno.EINVAL;
        }
        if (compare && program.space().getInt(a[0]) != (int) a[5]) {
            return -Errno.EAGAIN;
        }
        long woken = wake(program, a[0], a[1], wake, Futexes.ANY);
        boolean shared = isShared(program, a[0], a[1]);
        if (shared != isShared(program, a[4], a[1])) {
            return woken > 0 ? woken : -Errno.EINVAL;
        }
        return woken
                + (shared
                        ? program.sharedFutexes.requeue(
                                program.space().host(a[0], false),
                                program.space().host(a[4], false),
                                move)
                        : program.futexes().requeue(a[0], a[4], move));
    }

    private static long wakeWithOperation(Program program, long[] a) {
        if (isMisaligned(a[0]) || isMisaligned(a[4])) {
            return -Errno.EINVAL;
        }
        int encoded = (int) a[5];
        int operand = encoded << 8 >> 20;
        if ((encoded & 0x8000_0000) != 0) { // FUTEX_OP_OPARG_SHIFT
            operand = 1 << (operand & 31);
        }
        int before = program.space().getInt(a[4]);
        int after;
        switch (encoded >>> 28 & 7) {
            case 0 -> after = operand;
            case 1 -> after = before + operand;
            case 2 -> after = before | operand;
            case 3 -> after = before & ~operand;
            case 4 -> after = before ^ operand;
            default -> {
                return -Errno.ENOSYS;
            }
        }
        int comparand = encoded << 20 >> 20;
        boolean both;
        switch (encoded >>> 24 & 15) {
            case 0 -> both = before == comparand;
            case 1 -> both = before != comparand;
            case 2 -> both = before < comparand;
            case 3 -> both = before <= comparand;
            case 4 -> both = before > comparand;
            case 5 -> both = before >= comparand;
            default -> {
                return -Errno.ENOSYS;
            }
        }
        program.space().putInt(a[4], after);
        int woken = wake(program, a[0], a[1], Math.max(1, (int) a[2]), Futexes.ANY);
        if (both) {
            woken += wake(program, a[4], a[1], Math.max(1, (int) a[3]), Futexes.ANY);
        }
        return woken;
    }

    /** Whether a futex is known by where it is in memory, and not by its address in one process. */
    private static boolean isShared(Program program, long address, long operation) {
        return (operation & PRIVATE) == 0 && program.space().isShared(address);
    }

    /** Wakes some of those who wait at an address of the current process. */
    static int wake(Program program, long address, long operation, int count, int bits) {
        return isShared(program, address, operation)
                ? program.sharedFutexes.wake(
                        program.space().host(address, false), count, bits, thread -> program.wake(thread, 0))
                : program.futexes().wake(address, count, bits, thread -> program.wake(thread, 0));
    }
}
