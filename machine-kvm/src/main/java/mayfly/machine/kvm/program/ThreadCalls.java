package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Threads: how they begin and end, and what else there is to ask about them. */
final class ThreadCalls {
    private static final int POLICY_MAX = 6;
    private static final int SCHED_FIFO = 1;
    private static final int SCHED_RR = 2;
    private static final int REALTIME_PRIORITY_MAX = 99;
    private static final long SLICE_NANOS = 4_000_000;

    private ThreadCalls() {}

    static void addTo(CallTable table) {
        table.add(274, "get_robust_list", Kind.EMULATED, ThreadCalls::getRobustList);
        table.add(273, "set_robust_list", Kind.EMULATED, ThreadCalls::setRobustList);
        table.add(218, "set_tid_address", Kind.EMULATED, (p, a) -> {
            p.current().clearAtExit = a[0];
            return p.current().id();
        });
        table.add(24, "sched_yield", Kind.EMULATED, (p, _) -> p.yieldTurn());
        table.add(142, "sched_setparam", Kind.CONSTANT, "all threads take turns", (p, a) -> known(p, a, 0));
        table.add(143, "sched_getparam", Kind.CONSTANT, "priority 0", ThreadCalls::getParameter);
        table.add(144, "sched_setscheduler", Kind.CONSTANT, "SCHED_OTHER", ThreadCalls::setScheduler);
        table.add(145, "sched_getscheduler", Kind.CONSTANT, "SCHED_OTHER", (p, a) -> known(p, a, 0));
        table.add(146, "sched_get_priority_max", Kind.CONSTANT, (_, a) -> priority(a[0], REALTIME_PRIORITY_MAX));
        table.add(147, "sched_get_priority_min", Kind.CONSTANT, (_, a) -> priority(a[0], 1));
        table.add(148, "sched_rr_get_interval", Kind.CONSTANT, "4 ms", ThreadCalls::interval);
    }

    /** A thread of the current process. */
    static long clone(Program program, CloneFlags flags, long[] a) {
        if (program.threads.count() >= Threads.MAX) {
            return -Errno.EAGAIN;
        }
        GuestThread thread;
        try {
            long data = flags.has(CloneFlags.SETTLS) ? a[4] : ThreadCopy.SAME;
            thread = ThreadCopy.make(program, program.process(), program.threads.nextId(program.processes), a[1], data);
        } catch (ErrnoException e) {
            throw new IllegalStateException("a thread's registers cannot be read", e);
        }
        if (flags.has(CloneFlags.PARENT_SETTID)) {
            putQuietly(program, a[2], thread.id);
        }
        if (flags.has(CloneFlags.CHILD_SETTID)) {
            putQuietly(program, a[3], thread.id);
        }
        if (flags.has(CloneFlags.CHILD_CLEARTID)) {
            thread.clearAtExit = a[3];
        }
        return thread.id;
    }

    static long exit(Program program, long[] a) {
        leaveMemory(program, program.current());
        return program.endThread((int) a[0] & 0xFF);
    }

    /** A thread that ends tells the others in its memory, if there are any. */
    static void leaveMemory(Program program, GuestThread thread) {
        RobustList.release(program, thread);
        boolean others =
                thread.process.threads.size() > 1 || !program.processes.isAlone(thread.process, other -> other.space);
        if (thread.clearAtExit != 0 && others) {
            putQuietly(program, thread.clearAtExit, 0);
            var _ = FutexCalls.wake(program, thread.clearAtExit, 0, 1, Futexes.ANY);
        }
    }

    /** Writes where the kernel would ignore that it cannot. */
    static void putQuietly(Program program, long address, int value) {
        try {
            program.space().putInt(address, value);
        } catch (GuestFault nobodyToTell) {
            program.statistics().lostWrites++;
        }
    }

    private static long setRobustList(Program program, long[] a) {
        if (a[1] != RobustList.HEAD_BYTES) {
            return -Errno.EINVAL;
        }
        program.current().robustList = a[0];
        return 0;
    }

    private static long getRobustList(Program program, long[] a) {
        GuestThread thread = (int) a[0] == 0 ? program.current() : program.thread((int) a[0]);
        if (thread == null) {
            return -Errno.ESRCH;
        }
        program.space().putLong(a[1], thread.robustList);
        program.space().putLong(a[2], RobustList.HEAD_BYTES);
        return 0;
    }

    /** The result if there is such a thread. */
    private static long known(Program program, long[] a, long result) {
        if ((int) a[0] < 0) {
            return -Errno.EINVAL;
        }
        return (int) a[0] == 0 || program.thread((int) a[0]) != null ? result : -Errno.ESRCH;
    }

    private static long getParameter(Program program, long[] a) {
        long result = known(program, a, 0);
        if (result == 0) {
            program.space().putInt(a[1], 0);
        }
        return result;
    }

    private static long setScheduler(Program program, long[] a) {
        int policy = (int) a[1] & 0x3FFF_FFFF; // without SCHED_RESET_ON_FORK
        if (policy < 0 || policy > POLICY_MAX || policy == 4) {
            return -Errno.EINVAL;
        }
        int priority = program.space().getInt(a[2]);
        if (policy == SCHED_FIFO || policy == SCHED_RR || policy == POLICY_MAX) {
            return -Errno.EPERM;
        }
        return priority != 0 ? -Errno.EINVAL : known(program, a, 0);
    }

    private static long priority(long policy, int ofRealtime) {
        return switch ((int) policy) {
            case SCHED_FIFO, SCHED_RR -> ofRealtime;
            case 0, 3, 5, POLICY_MAX -> 0;
            default -> -Errno.EINVAL;
        };
    }

    private static long interval(Program program, long[] a) {
        long result = known(program, a, 0);
        if (result == 0) {
            program.space().putLong(a[1], 0);
            program.space().putLong(a[1] + 8, SLICE_NANOS);
        }
        return result;
    }
}
