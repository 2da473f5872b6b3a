package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Timers that send signals: setitimer(2), alarm(2), timer_create(2). */
final class TimerCalls {
    private static final int TIMER_ABSTIME = 1;
    // asm-generic/siginfo.h
    private static final int NOTIFY_SIGNAL = 0;
    private static final int NOTIFY_NONE = 1;
    private static final int NOTIFY_THREAD = 2;
    private static final int NOTIFY_THREAD_ID = 4;

    private static final int PROCESS_CPU = 2;
    private static final int THREAD_CPU = 3;

    private TimerCalls() {}

    static void addTo(CallTable table) {
        table.add(36, "getitimer", Kind.EMULATED, TimerCalls::getInterval);
        table.add(38, "setitimer", Kind.EMULATED, TimerCalls::setInterval);
        table.add(37, "alarm", Kind.EMULATED, TimerCalls::alarm);
        table.add(222, "timer_create", Kind.EMULATED, "at most 253", TimerCalls::create);
        table.add(223, "timer_settime", Kind.EMULATED, TimerCalls::set);
        table.add(224, "timer_gettime", Kind.EMULATED, TimerCalls::get);
        table.add(225, "timer_getoverrun", Kind.EMULATED, TimerCalls::overruns);
        table.add(226, "timer_delete", Kind.EMULATED, TimerCalls::delete);
    }

    /** What a timer's clock shows. */
    private static long now(Program program, Timer timer) {
        long now = System.nanoTime();
        return timer.cpu ? program.state().cpu.total(now) : now;
    }

    private static void putInterval(Program program, Timer timer, long address) {
        Clocks.putTimeval(program.space(), address, timer.interval);
        Clocks.putTimeval(program.space(), address + 16, roundUp(timer.remaining(now(program, timer))));
    }

    /** A timer that runs must not look as if it did not. */
    private static long roundUp(long nanos) {
        return (nanos + 999) / 1000 * 1000;
    }

    private static long getInterval(Program program, long[] a) {
        if (a[0] < 0 || a[0] >= Timers.INTERVAL_TIMERS) {
            return -Errno.EINVAL;
        }
        putInterval(program, program.state().timers.interval((int) a[0]), a[1]);
        return 0;
    }

    private static long setInterval(Program program, long[] a) {
        if (a[0] < 0 || a[0] >= Timers.INTERVAL_TIMERS) {
            return -Errno.EINVAL;
        }
        long interval = a[1] == 0 ? 0 : Clocks.timeval(program.space(), a[1]);
        long value = a[1] == 0 ? 0 : Clocks.timeval(program.space(), a[1] + 16);
        if (interval < 0 || value < 0) {
            return -Errno.EINVAL;
        }
        Timer timer = program.state().timers.interval((int) a[0]);
        if (a[2] != 0) {
            putInterval(program, timer, a[2]);
        }
        start(program, timer, value, interval);
        return 0;
    }

    private static void start(Program program, Timer timer, long value, long interval) {
        long next = now(program, timer) + value;
        program.state().timers.set(program.process(), timer, value == 0 || next < 0 ? Timer.NEVER : next, interval);
    }

    private static long alarm(Program program, long[] a) {
        Timer timer = program.state().timers.interval(Timers.REAL);
        long left = timer.remaining(System.nanoTime());
        start(program, timer, (a[0] & 0xFFFF_FFFFL) * Clocks.SECOND, 0);
        return left == 0 ? 0 : Math.max(1, (left + Clocks.SECOND / 2) / Clocks.SECOND);
    }

    private static long create(Program program, long[] a) {
        int clock = (int) a[0];
        boolean cpu = clock == PROCESS_CPU || clock == THREAD_CPU || clock < 0;
        if (!Clocks.isForTimers(clock) && (!cpu || program.state().clocks.read(program, clock) < 0)) {
            return -Errno.EINVAL;
        }
        AddressSpace space = program.space();
        int notify = NOTIFY_SIGNAL;
        int signal = Signals.SIGALRM;
        long value = 0;
        int thread = 0;
        if (a[1] != 0) { // struct sigevent
            value = space.getLong(a[1]);
            signal = space.getInt(a[1] + 8);
            notify = space.getInt(a[1] + 12);
            thread = (notify & NOTIFY_THREAD_ID) != 0 ? space.getInt(a[1] + 16) : 0;
        }
        if (notify != NOTIFY_NONE
                && ((notify & ~(NOTIFY_THREAD_ID | NOTIFY_THREAD)) != 0
                        || signal <= 0
                        || signal > Signals.LAST
                        || ((notify & NOTIFY_THREAD_ID) != 0 && program.thread(thread) == null))) {
            return -Errno.EINVAL;
        }
        space.putInt(a[2], 0); // fails before there is a timer that nobody knows
        long id = program.state().timers.add(clock, cpu, notify == NOTIFY_NONE ? 0 : signal, thread, value);
        if (id < 0) {
            return id;
        }
        space.putInt(a[2], (int) id);
        return 0;
    }

    private static long set(Program program, long[] a) {
        Timers timers = program.state().timers;
        Timer timer = timers.get(a[0]);
        if (a[2] == 0 || timer == null) {
            return -Errno.EINVAL;
        }
        long interval = Clocks.timespec(program.space(), a[2]);
        long value = Clocks.timespec(program.space(), a[2] + 16);
        if (interval < 0 || value < 0) {
            return -Errno.EINVAL;
        }
        if (a[3] != 0) {
            put(program, timer, a[3]);
        }
        if (value == 0 || (a[1] & TIMER_ABSTIME) == 0) {
            start(program, timer, value, interval);
        } else {
            long next = timer.cpu ? value : program.state().clocks.deadline(timer.clock, value);
            timers.set(program.process(), timer, next, interval);
        }
        return 0;
    }

    private static void put(Program program, Timer timer, long address) {
        Clocks.putTimespec(program.space(), address, timer.interval);
        Clocks.putTimespec(program.space(), address + 16, timer.remaining(now(program, timer)));
    }

    private static long get(Program program, long[] a) {
        Timer timer = program.state().timers.get(a[0]);
        if (timer == null) {
            return -Errno.EINVAL;
        }
        if (timer.signal == 0) {
            timer.take(now(program, timer)); // nobody else does
        }
        put(program, timer, a[1]);
        return 0;
    }

    private static long overruns(Program program, long[] a) {
        Timer timer = program.state().timers.get(a[0]);
        return timer == null ? -Errno.EINVAL : timer.overruns;
    }

    private static long delete(Program program, long[] a) {
        Timer timer = program.state().timers.get(a[0]);
        if (timer == null) {
            return -Errno.EINVAL;
        }
        program.state().timers.remove(timer);
        program.state().timers.plan(program.process(), System.nanoTime());
        return 0;
    }
}
