package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** fork(2) and its relatives, wait4(2), process groups and sessions. */
final class ProcessCalls {
    // linux/wait.h
    private static final int P_ALL = 0;
    private static final int P_PID = 1;
    private static final int P_PGID = 2;

    private ProcessCalls() {}

    static void addTo(CallTable table) {
        table.add(56, "clone", Kind.EMULATED, "threads and processes; no namespaces", ProcessCalls::clone);
        table.constant(435, "clone3", -Errno.ENOSYS, "programs take clone then");
        table.add(57, "fork", Kind.EMULATED, (p, _) -> fork(p, CloneFlags.FORK, new long[6]));
        table.add(58, "vfork", Kind.EMULATED, (p, _) -> fork(p, CloneFlags.VFORKED, new long[6]));
        table.add(61, "wait4", Kind.EMULATED, "ends; nothing stops", ProcessCalls::wait4);
        table.add(247, "waitid", Kind.EMULATED, "ends; nothing stops", ProcessCalls::waitid);
        table.add(
                39,
                "getpid",
                Kind.EMULATED,
                "another one in each forked machine",
                (p, _) -> IdentityCalls.processId(p));
        table.add(110, "getppid", Kind.EMULATED, "1 for orphans", (p, _) -> p.process().shownParent);
        table.add(111, "getpgrp", Kind.EMULATED, (p, _) -> p.process().group);
        table.add(121, "getpgid", Kind.EMULATED, (p, a) -> {
            GuestProcess process = named(p, a[0]);
            return process == null ? -Errno.ESRCH : process.group;
        });
        table.add(124, "getsid", Kind.EMULATED, (p, a) -> {
            GuestProcess process = named(p, a[0]);
            return process == null ? -Errno.ESRCH : process.session;
        });
        table.add(109, "setpgid", Kind.EMULATED, ProcessCalls::setGroup);
        table.add(112, "setsid", Kind.EMULATED, ProcessCalls::setSession);
        table.add(60, "exit", Kind.EMULATED, ThreadCalls::exit);
        table.add(231, "exit_group", Kind.EMULATED, (p, a) -> p.end(new Stop.Exited((int) a[0] & 0xFF)));
    }

    private static long clone(Program program, long[] a) {
        CloneFlags flags = new CloneFlags(a[0]);
        if (flags.has(CloneFlags.NEW)) {
            return -Errno.EPERM;
        }
        if (flags.has(CloneFlags.SETTLS) && (a[4] < 0 || a[4] >= AddressSpace.TOP)) {
            return -Errno.EPERM;
        }
        boolean thread = flags.has(CloneFlags.THREAD);
        boolean handlers = flags.has(CloneFlags.SIGHAND);
        if ((thread && !handlers) || (handlers && !flags.memory())) {
            return -Errno.EINVAL;
        }
        if (thread) {
            return ThreadCalls.clone(program, flags, a);
        }
        return handlers || flags.has(CloneFlags.PIDFD) ? -Errno.EINVAL : fork(program, flags, a);
    }

    /** @param a as of clone(2) */
    private static long fork(Program program, CloneFlags flags, long[] a) {
        long id;
        try {
            id = program.processes.fork(flags, a[1], flags.has(CloneFlags.SETTLS) ? a[4] : ThreadCopy.SAME);
        } catch (ErrnoException e) {
            throw new IllegalStateException("a thread's registers cannot be read", e);
        }
        if (id < 0) {
            return id;
        }
        GuestThread child = program.thread((int) id);
        if (child == null) {
            throw new AssertionError("a process without a thread");
        }
        if (flags.has(CloneFlags.PARENT_SETTID)) {
            ThreadCalls.putQuietly(program, a[2], child.id);
        }
        if (flags.has(CloneFlags.CHILD_CLEARTID)) {
            child.clearAtExit = a[3];
        }
        if (flags.has(CloneFlags.CHILD_SETTID)) {
            GuestProcess parent = program.process();
            program.enter(child.process);
            ThreadCalls.putQuietly(program, a[3], child.id);
            program.enter(parent);
        }
        return flags.suspends() ? program.await(new VforkWait()) : id;
    }

    // ---- waiting ----

    private static long wait4(Program program, long[] a) {
        int options = (int) a[2];
        int known = ChildWait.NO_HANG
                | ChildWait.STOPPED
                | ChildWait.CONTINUED
                | ChildWait.NO_THREAD
                | ChildWait.CLONE
                | ChildWait.ALL;
        int id = (int) a[0];
        if ((options & ~known) != 0) {
            return -Errno.EINVAL;
        }
        if (id == Integer.MIN_VALUE) {
            return -Errno.ESRCH;
        }
        int all = options | ChildWait.EXITED;
        ChildWait.Wanted wanted = id == -1
                ? new ChildWait.Wanted(ChildWait.Whom.ANY, 0, all)
                : id > 0
                        ? new ChildWait.Wanted(ChildWait.Whom.PROCESS, id, all)
                        : new ChildWait.Wanted(ChildWait.Whom.GROUP, id == 0 ? program.process().group : -id, all);
        return await(program, wanted, new ChildWait.Places(false, a[1], 0, a[3]));
    }

    private static long waitid(Program program, long[] a) {
        int options = (int) a[3];
        int some = ChildWait.EXITED | ChildWait.STOPPED | ChildWait.CONTINUED;
        int known =
                some | ChildWait.NO_HANG | ChildWait.NO_WAIT | ChildWait.NO_THREAD | ChildWait.CLONE | ChildWait.ALL;
        if ((options & ~known) != 0 || (options & some) == 0) {
            return -Errno.EINVAL;
        }
        int id = (int) a[1];
        ChildWait.Wanted wanted;
        switch ((int) a[0]) {
            case P_ALL -> wanted = new ChildWait.Wanted(ChildWait.Whom.ANY, 0, options);
            case P_PID -> wanted = new ChildWait.Wanted(ChildWait.Whom.PROCESS, id, options);
            case P_PGID -> {
                int group = id == 0 ? program.process().group : id;
                wanted = new ChildWait.Wanted(ChildWait.Whom.GROUP, group, options);
            }
            default -> {
                return -Errno.EINVAL;
            }
        }
        if (id < 0 || (id == 0 && (int) a[0] == P_PID)) {
            return -Errno.EINVAL;
        }
        return await(program, wanted, new ChildWait.Places(true, 0, a[2], a[4]));
    }

    private static long await(Program program, ChildWait.Wanted wanted, ChildWait.Places places) {
        ChildWait wait = new ChildWait(program, program.current(), wanted, places);
        long result = wait.poll();
        return result == Wait.PENDING ? program.await(wait) : result;
    }

    // ---- groups ----

    /** The process with a number, running or not; 0: the current one. */
    private static @Nullable GuestProcess named(Program program, long number) {
        return (int) number == 0 ? program.process() : program.processes.find((int) number);
    }

    private static long setGroup(Program program, long[] a) {
        GuestProcess self = program.process();
        int wanted = (int) a[1];
        if (wanted < 0) {
            return -Errno.EINVAL;
        }
        GuestProcess process = named(program, a[0]);
        if (process == null || (!process.equals(self) && process.parent != self.id)) {
            return -Errno.ESRCH;
        }
        if (!process.equals(self)) {
            if (process.session != self.session) {
                return -Errno.EPERM;
            }
            if (process.executed) {
                return -Errno.EACCES;
            }
        }
        if (process.session == process.id) {
            return -Errno.EPERM;
        }
        int group = wanted == 0 || process.hasId(wanted) ? process.id : wanted;
        if (group != process.id && !isGroup(program, group, self.session)) {
            return -Errno.EPERM;
        }
        process.group = group;
        return 0;
    }

    private static boolean isGroup(Program program, int group, int session) {
        for (GuestProcess each : program.processes.all()) {
            if (each.group == group && each.session == session) {
                return true;
            }
        }
        return false;
    }

    private static long setSession(Program program, long[] a) {
        GuestProcess self = program.process();
        for (GuestProcess each : program.processes.all()) {
            if (each.group == self.id) {
                return -Errno.EPERM;
            }
        }
        self.group = self.id;
        self.session = self.id;
        return self.id;
    }
}
