package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.EventFd;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.PipeEnd;
import mayfly.machine.kvm.files.TimerFd;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** Files that exist only between calls: pipes, event counters, timers. */
final class PipeCalls {
    /** O_CLOEXEC and its many names. */
    static final int CLOSE_ON_EXEC = 02000000;

    private static final int SEMAPHORE = 1;
    private static final int TIMER_ABSTIME = 1;
    private static final int TIMER_CANCEL_ON_SET = 2;

    private PipeCalls() {}

    static void addTo(CallTable table) {
        table.add(22, "pipe", Kind.EMULATED, "64 KiB", (p, a) -> pipe(p, a[0], 0));
        table.add(293, "pipe2", Kind.EMULATED, "64 KiB; not in packets", (p, a) -> pipe(p, a[0], (int) a[1]));
        table.add(284, "eventfd", Kind.EMULATED, (p, a) -> event(p, a[0], 0));
        table.add(290, "eventfd2", Kind.EMULATED, (p, a) -> event(p, a[0], (int) a[1]));
        table.add(283, "timerfd_create", Kind.EMULATED, PipeCalls::timer);
        table.add(286, "timerfd_settime", Kind.EMULATED, PipeCalls::setTimer);
        table.add(287, "timerfd_gettime", Kind.EMULATED, PipeCalls::getTimer);
    }

    private static long pipe(Program program, long address, int flags) {
        if ((flags & ~(CLOSE_ON_EXEC | OpenFile.NON_BLOCKING)) != 0) {
            return -Errno.EINVAL;
        }
        boolean onExec = (flags & CLOSE_ON_EXEC) != 0;
        PipeEnd.Pair pair = PipeEnd.open(
                flags & OpenFile.NON_BLOCKING,
                program.nextInode(),
                program.files().kernelMemory());
        if (pair == null) {
            return -Errno.ENFILE;
        }
        Descriptors descriptors = program.descriptors();
        long reader = descriptors.add(pair.reader(), 0, onExec);
        if (reader < 0) {
            pair.reader().release();
            pair.writer().release();
            return reader;
        }
        long writer = descriptors.add(pair.writer(), 0, onExec);
        if (writer < 0) {
            descriptors.close(reader);
            pair.writer().release();
            return writer;
        }
        try {
            program.space().putLong(address, reader | writer << 32);
        } catch (GuestFault nowhereToTell) {
            descriptors.close(reader);
            descriptors.close(writer);
            throw nowhereToTell;
        }
        return 0;
    }

    private static long event(Program program, long count, int flags) {
        if ((flags & ~(CLOSE_ON_EXEC | OpenFile.NON_BLOCKING | SEMAPHORE)) != 0) {
            return -Errno.EINVAL;
        }
        OpenFile file = new EventFd(flags & OpenFile.NON_BLOCKING, count & 0xFFFF_FFFFL, (flags & SEMAPHORE) != 0);
        return program.descriptors().add(file, 0, (flags & CLOSE_ON_EXEC) != 0);
    }

    private static long timer(Program program, long[] a) {
        int flags = (int) a[1];
        int clock = (int) a[0];
        boolean known = clock == Clocks.REALTIME || clock == Clocks.MONOTONIC || clock == Clocks.BOOTTIME;
        if (!known || (flags & ~(CLOSE_ON_EXEC | OpenFile.NON_BLOCKING)) != 0) {
            return -Errno.EINVAL;
        }
        return program.descriptors()
                .add(new TimerFd(flags & OpenFile.NON_BLOCKING, clock), 0, (flags & CLOSE_ON_EXEC) != 0);
    }

    private static long setTimer(Program program, long[] a) {
        long interval = Clocks.timespec(program.space(), a[2]);
        long value = Clocks.timespec(program.space(), a[2] + 16);
        if ((a[1] & ~(TIMER_ABSTIME | TIMER_CANCEL_ON_SET)) != 0 || interval < 0 || value < 0) {
            return -Errno.EINVAL;
        }
        OpenFile file = program.descriptors().get(a[0]);
        TimerFd timer = timer(file);
        if (timer == null) {
            return file == null ? -Errno.EBADF : -Errno.EINVAL;
        }
        long now = System.nanoTime();
        long leftBefore = timer.remaining(now);
        long intervalBefore = timer.interval();
        boolean absolute = (a[1] & TIMER_ABSTIME) != 0;
        long first = value == 0
                ? Wait.FOREVER
                : absolute ? program.state().clocks.deadline(timer.clock(), value) : Clocks.after(value);
        timer.set(first, interval);
        if (a[3] != 0) {
            Clocks.putTimespec(program.space(), a[3], intervalBefore);
            Clocks.putTimespec(program.space(), a[3] + 16, leftBefore);
        }
        return 0;
    }

    private static long getTimer(Program program, long[] a) {
        OpenFile file = program.descriptors().get(a[0]);
        TimerFd timer = timer(file);
        if (timer == null) {
            return file == null ? -Errno.EBADF : -Errno.EINVAL;
        }
        Clocks.putTimespec(program.space(), a[1], timer.interval());
        Clocks.putTimespec(program.space(), a[1] + 16, timer.remaining(System.nanoTime()));
        return 0;
    }

    private static @Nullable TimerFd timer(@Nullable OpenFile file) {
        return file instanceof TimerFd timer ? timer : null;
    }
}
