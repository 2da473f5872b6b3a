package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.program.CallTable.Kind;

/** clone(2) as far as it makes threads, their end, and what else there is to ask about them. */
final class ThreadCalls {
    // linux/sched.h
    private static final long CLONE_VM = 0x100;
    private static final long CLONE_SIGHAND = 0x800;
    private static final long CLONE_VFORK = 0x4000;
    private static final long CLONE_THREAD = 0x10000;
    private static final long CLONE_SETTLS = 0x80000;
    private static final long CLONE_PARENT_SETTID = 0x100000;
    private static final long CLONE_CHILD_CLEARTID = 0x200000;
    private static final long CLONE_CHILD_SETTID = 0x1000000;
    /** New namespaces, which need a privilege that the program does not have. */
    private static final long CLONE_NEW = 0x7E02_0000;

    private static final int POLICY_MAX = 6;
    private static final int SCHED_FIFO = 1;
    private static final int SCHED_RR = 2;
    private static final int REALTIME_PRIORITY_MAX = 99;
    private static final long SLICE_NANOS = 4_000_000;

    private ThreadCalls() {}

    static void addTo(CallTable table) {
        table.add(56, "clone", Kind.EMULATED, "threads only", ThreadCalls::clone);
        table.constant(435, "clone3", -Errno.ENOSYS, "programs take clone then");
        table.add(57, "fork", Kind.REFUSED, "isolation = process has it", (p, _) -> ProcessRefusal.refuse(p, "fork"));
        table.add(58, "vfork", Kind.REFUSED, "isolation = process has it", (p, _) -> ProcessRefusal.refuse(p, "vfork"));
        table.add(
                59, "execve", Kind.REFUSED, "isolation = process has it", (p, _) -> ProcessRefusal.refuse(p, "execve"));
        table.add(
                322,
                "execveat",
                Kind.REFUSED,
                "isolation = process has it",
                (p, _) -> ProcessRefusal.refuse(p, "execveat"));
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

    private static long clone(Program program, long[] a) {
        long flags = a[0];
        if ((flags & CLONE_NEW) != 0) {
            return -Errno.EPERM;
        }
        long needed = CLONE_VM | CLONE_THREAD;
        if ((flags & needed) != needed) {
            return ProcessRefusal.refuse(program, (flags & CLONE_VFORK) != 0 ? "clone (vfork)" : "clone (fork)");
        }
        if ((flags & CLONE_SIGHAND) == 0) {
            return -Errno.EINVAL;
        }
        boolean ownData = (flags & CLONE_SETTLS) != 0;
        if (ownData && (a[4] < 0 || a[4] >= AddressSpace.TOP)) {
            return -Errno.EPERM;
        }
        GuestThread thread;
        try {
            thread = program.addThread(a[1], ownData ? a[4] : Program.SAME);
        } catch (ErrnoException e) {
            throw new IllegalStateException("a thread's registers cannot be read", e);
        }
        if (thread == null) {
            return -Errno.EAGAIN;
        }
        if ((flags & CLONE_PARENT_SETTID) != 0) {
            program.putQuietly(a[2], thread.id);
        }
        if ((flags & CLONE_CHILD_SETTID) != 0) {
            program.putQuietly(a[3], thread.id);
        }
        if ((flags & CLONE_CHILD_CLEARTID) != 0) {
            thread.clearAtExit = a[3];
        }
        return thread.id;
    }

    static long exit(Program program, long[] a) {
        GuestThread thread = program.current();
        RobustList.release(program, thread);
        if (thread.clearAtExit != 0 && program.threads().size() > 1) {
            program.putQuietly(thread.clearAtExit, 0);
            program.futexes().wake(thread.clearAtExit, 1, Futexes.ANY, woken -> program.wake(woken, 0));
        }
        return program.endThread((int) a[0] & 0xFF);
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
