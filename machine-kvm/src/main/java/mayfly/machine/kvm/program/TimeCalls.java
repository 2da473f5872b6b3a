package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Clocks and sleeping. */
final class TimeCalls {
    private static final int TIMER_ABSTIME = 1;

    private TimeCalls() {}

    static void addTo(CallTable table) {
        table.add(228, "clock_gettime", Kind.EMULATED, TimeCalls::getTime);
        table.add(229, "clock_getres", Kind.EMULATED, TimeCalls::getResolution);
        table.add(96, "gettimeofday", Kind.EMULATED, TimeCalls::getTimeOfDay);
        table.add(201, "time", Kind.EMULATED, TimeCalls::time);
        table.add(35, "nanosleep", Kind.EMULATED, TimeCalls::nanosleep);
        table.add(230, "clock_nanosleep", Kind.EMULATED, "not by clocks of CPU time", TimeCalls::clockNanosleep);
        table.constant(227, "clock_settime", -Errno.EPERM, "the clocks are the host's");
        table.constant(164, "settimeofday", -Errno.EPERM, "the clocks are the host's");
        table.constant(159, "adjtimex", -Errno.EPERM, "the clocks are the host's");
        table.constant(305, "clock_adjtime", -Errno.EPERM, "the clocks are the host's");
    }

    private static long getTime(Program program, long[] a) {
        long nanos = program.state().clocks.read(program, (int) a[0]);
        if (nanos < 0) {
            return nanos;
        }
        Clocks.putTimespec(program.space(), a[1], nanos);
        renewPage(program);
        return 0;
    }

    /** Programs read most clocks without a call; that they made one says that their page is too old. */
    private static void renewPage(Program program) {
        if (!program.cpu().clock().isOld()) {
            return;
        }
        try {
            program.cpu().settle();
            program.cpu().clock().renew();
        } catch (ErrnoException broken) {
            program.end(new Stop.Killed(Signals.SIGKILL, "the machine's clock cannot be read: " + broken.getMessage()));
        }
    }

    private static long getResolution(Program program, long[] a) {
        long nanos = program.state().clocks.read(program, (int) a[0]);
        if (nanos < 0) {
            return nanos;
        }
        if (a[1] != 0) {
            Clocks.putTimespec(program.space(), a[1], Clocks.resolution((int) a[0]));
        }
        return 0;
    }

    private static long getTimeOfDay(Program program, long[] a) {
        if (a[0] != 0) {
            Clocks.putTimeval(program.space(), a[0], Clocks.realtime());
        }
        if (a[1] != 0) {
            program.space().putLong(a[1], 0); // struct timezone: UTC
        }
        renewPage(program);
        return 0;
    }

    private static long time(Program program, long[] a) {
        long seconds = Clocks.realtime() / Clocks.SECOND;
        if (a[0] != 0) {
            program.space().putLong(a[0], seconds);
        }
        renewPage(program);
        return seconds;
    }

    private static long nanosleep(Program program, long[] a) {
        long nanos = Clocks.timespec(program.space(), a[0]);
        return nanos < 0 ? nanos : program.await(new Sleep(program, Clocks.after(nanos), a[1]));
    }

    private static long clockNanosleep(Program program, long[] a) {
        int clock = (int) a[0];
        if (!Clocks.isForTimers(clock)) {
            return program.state().clocks.read(program, clock) < 0 ? -Errno.EINVAL : -Errno.EOPNOTSUPP;
        }
        long nanos = Clocks.timespec(program.space(), a[2]);
        if (nanos < 0) {
            return nanos;
        }
        boolean absolute = (a[1] & TIMER_ABSTIME) != 0;
        long deadline = absolute ? program.state().clocks.deadline(clock, nanos) : Clocks.after(nanos);
        return program.await(new Sleep(program, deadline, absolute ? 0 : a[3]));
    }
}
