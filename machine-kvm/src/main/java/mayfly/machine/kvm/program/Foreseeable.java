package mayfly.machine.kvm.program;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that may be answered before they are made: whatever they change is put back by a reset, and they change
 * nothing that the program could see before it makes them. Calls that map memory, wake threads or write to somebody
 * outside are not among them.
 */
final class Foreseeable {
    private static final long INT = 0xFFFF_FFFFL;
    private static final long ALL = -1;

    /** Of each call, which bits of its arguments count: an int's upper half may be anything. */
    private static final Map<Integer, long[]> MASKS = Map.ofEntries(
            Map.entry(0, masks(INT, ALL, ALL)), // read
            Map.entry(7, masks(ALL, INT, INT)), // poll
            Map.entry(16, masks(INT, INT, ALL)), // ioctl
            Map.entry(19, masks(INT, ALL, INT)), // readv
            Map.entry(43, masks(INT, ALL, ALL)), // accept
            Map.entry(45, masks(INT, ALL, ALL, INT, ALL, ALL)), // recvfrom
            Map.entry(47, masks(INT, ALL, INT)), // recvmsg
            Map.entry(51, masks(INT, ALL, ALL)), // getsockname
            Map.entry(52, masks(INT, ALL, ALL)), // getpeername
            Map.entry(54, masks(INT, INT, INT, ALL, INT)), // setsockopt
            Map.entry(55, masks(INT, INT, INT, ALL, ALL)), // getsockopt
            Map.entry(72, masks(INT, INT, ALL)), // fcntl
            Map.entry(186, masks()), // gettid
            Map.entry(232, masks(INT, ALL, INT, INT)), // epoll_wait
            Map.entry(233, masks(INT, INT, INT, ALL)), // epoll_ctl
            Map.entry(271, masks(ALL, INT, ALL, ALL, ALL)), // ppoll
            Map.entry(281, masks(INT, ALL, INT, INT, ALL, ALL)), // epoll_pwait
            Map.entry(288, masks(INT, ALL, ALL, INT)), // accept4
            Map.entry(318, masks(ALL, ALL, INT)), // getrandom
            Map.entry(441, masks(INT, ALL, INT, ALL, ALL, ALL))); // epoll_pwait2

    private Foreseeable() {}

    private static long[] masks(long... first) {
        return java.util.Arrays.copyOf(first, 6);
    }

    /** The masks of a call's six arguments; null: it is not to be foretold. */
    static long @Nullable [] masks(long number) {
        return number < 0 || number > Integer.MAX_VALUE ? null : MASKS.get((int) number);
    }

    /** The same once it is known what it gives: a poll that finds something does not wait, however long it may. */
    static long[] masks(long[] ofCall, int number, long result) {
        int timeout = number == 232 || number == 281 ? 3 : number == 7 ? 2 : -1;
        if (timeout < 0 || result <= 0) {
            return ofCall;
        }
        long[] without = ofCall.clone();
        without[timeout] = 0;
        return without;
    }

    /** Whether it tells what has happened outside. */
    static boolean polls(long number) {
        return number == 7 || number == 232 || number == 271 || number == 281 || number == 441;
    }

    /** Whether it reads what may come from outside: how a program goes on after it is anybody's guess. */
    static boolean reads(long number) {
        return number == 0 || number == 19 || number == 45 || number == 47;
    }
}
