package mayfly.machine.kvm.program;

import java.util.List;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Epoll;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.program.CallTable.Kind;

/** epoll(7). */
final class EpollCalls {
    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int MODIFY = 3;
    /** Bytes of struct epoll_event, which is packed on x86-64. */
    private static final int EVENT_BYTES = 12;
    /** One call reports no more; the others come with the next call. */
    private static final int EVENTS_MAX = 4096;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private EpollCalls() {}

    static void addTo(CallTable table) {
        table.add(213, "epoll_create", Kind.EMULATED, (p, a) -> (int) a[0] <= 0 ? -Errno.EINVAL : create(p, 0));
        table.add(291, "epoll_create1", Kind.EMULATED, (p, a) -> create(p, (int) a[0]));
        table.add(233, "epoll_ctl", Kind.EMULATED, "nested lists only level-triggered", EpollCalls::control);
        table.add(232, "epoll_wait", Kind.EMULATED, (p, a) -> await(p, a, millis(p, a[3])));
        table.add(281, "epoll_pwait", Kind.EMULATED, EpollCalls::awaitMillis);
        table.add(441, "epoll_pwait2", Kind.EMULATED, EpollCalls::awaitTimespec);
    }

    private static long create(Program program, int flags) {
        return (flags & ~PipeCalls.CLOSE_ON_EXEC) != 0
                ? -Errno.EINVAL
                : program.descriptors().add(new Epoll(program.files().kernelMemory()), 0, flags != 0);
    }

    private static long control(Program program, long[] a) {
        int operation = (int) a[1];
        int events = 0;
        long data = 0;
        if (operation != REMOVE) {
            events = program.space().getInt(a[3]);
            data = program.space().getLong(a[3] + 4);
        }
        OpenFile list = program.descriptors().get(a[0]);
        OpenFile file = program.descriptors().get(a[2]);
        if (list == null || file == null) {
            return -Errno.EBADF;
        }
        if (!canBeAwaited(file)) {
            return -Errno.EPERM;
        }
        if (!(list instanceof Epoll epoll) || list.equals(file) || !Epoll.isValid(events)) {
            return -Errno.EINVAL;
        }
        int fd = (int) a[2];
        return switch (operation) {
            case ADD -> epoll.add(fd, file, events, data);
            case REMOVE -> epoll.remove(fd, file);
            case MODIFY -> epoll.modify(fd, file, events, data);
            default -> -Errno.EINVAL;
        };
    }

    /** Files and directories are always ready, and epoll does not take them. */
    static boolean canBeAwaited(OpenFile file) {
        FileStatus status = new FileStatus();
        if (file.status(status) < 0) {
            return true;
        }
        int type = status.mode & FileStatus.TYPE;
        return type != FileStatus.REGULAR && type != FileStatus.DIRECTORY;
    }

    /** The deadline of a timeout in milliseconds; 0: do not wait. */
    static long millis(Program program, long timeout) {
        int millis = (int) timeout;
        if (program.isAgain()) {
            return Wait.FOREVER; // the first time counts
        }
        return millis < 0 ? Wait.FOREVER : millis == 0 ? 0 : Clocks.after(millis * NANOS_PER_MILLI);
    }

    private static long awaitMillis(Program program, long[] a) {
        long blocked = program.signals().blockDuringCall(a[4], a[5]);
        return blocked < 0 ? blocked : await(program, a, millis(program, a[3]));
    }

    private static long awaitTimespec(Program program, long[] a) {
        long blocked = program.signals().blockDuringCall(a[4], a[5]);
        if (blocked < 0) {
            return blocked;
        }
        if (program.isAgain() || a[3] == 0) {
            return await(program, a, Wait.FOREVER);
        }
        long nanos = Clocks.timespec(program.space(), a[3]);
        return nanos < 0 ? nanos : await(program, a, nanos == 0 ? 0 : Clocks.after(nanos));
    }

    /** @param deadline as of the first time; 0: does not wait */
    private static long await(Program program, long[] a, long deadline) {
        OpenFile file = program.descriptors().get(a[0]);
        int max = (int) a[2];
        if (max <= 0 || max > Integer.MAX_VALUE / EVENT_BYTES) {
            return -Errno.EINVAL;
        }
        if (!(file instanceof Epoll epoll)) {
            return file == null ? -Errno.EBADF : -Errno.EINVAL;
        }
        List<Epoll.Event> events = epoll.collect(Math.min(max, EVENTS_MAX));
        if (events.isEmpty()) {
            return deadline == 0 || Watch.isLast(program) ? 0 : Watch.await(program, deadline, epoll.readyAt());
        }
        AddressSpace space = program.space();
        for (int i = 0; i < events.size(); i++) {
            long at = a[1] + (long) i * EVENT_BYTES;
            space.putInt(at, events.get(i).events());
            space.putLong(at + 4, events.get(i).data());
        }
        return events.size();
    }
}
