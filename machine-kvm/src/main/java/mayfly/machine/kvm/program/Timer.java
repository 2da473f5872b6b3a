package mayfly.machine.kvm.program;

import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * Something that sends a signal when its time has come: an interval timer of setitimer(2) or one of timer_create(2).
 * Times are in nanoseconds: {@link System#nanoTime} times, or the program's CPU time.
 */
final class Timer {
    static final long NEVER = Long.MAX_VALUE;

    final int id;
    /** The clock's number, for who sets it. */
    final int clock;
    /** It goes by the program's CPU time. */
    final boolean cpu;
    /** 0: none. */
    final int signal;
    /** The thread that gets the signal; 0: any. */
    final int thread;
    /** Told to the handler, by timers of timer_create(2). */
    final long value;

    final boolean posix;

    long next = NEVER;
    long interval;
    /** Times that it went off in vain since the last signal. */
    int overruns;

    Timer(int id, int clock, boolean cpu, int signal, int thread, long value, boolean posix) {
        this.id = id;
        this.clock = clock;
        this.cpu = cpu;
        this.signal = signal;
        this.thread = thread;
        this.value = value;
        this.posix = posix;
    }

    void save(StateOut out) throws UnsavableException {
        out.number(id);
        out.number(clock);
        out.flag(cpu);
        out.number(signal);
        out.number(thread);
        out.number(value);
        out.flag(posix);
        if (cpu) {
            out.number(next);
        } else {
            out.time(next);
        }
        out.number(interval);
        out.number(overruns);
    }

    static Timer load(StateIn in) throws DamagedException {
        int id = in.number();
        int clock = in.number();
        boolean cpu = in.flag();
        int signal = in.number(0, Signals.LAST, "a timer's signal");
        Timer timer = new Timer(id, clock, cpu, signal, in.number(), in.longNumber(), in.flag());
        timer.next = cpu ? in.longNumber() : in.time();
        timer.interval = in.size("a timer's interval");
        timer.overruns = in.number();
        return timer;
    }

    Timer copy() {
        Timer copy = new Timer(id, clock, cpu, signal, thread, value, posix);
        copy.next = next;
        copy.interval = interval;
        copy.overruns = overruns;
        return copy;
    }

    /** Nanoseconds until it goes off, at least 1; 0: it does not. */
    long remaining(long now) {
        return next == NEVER ? 0 : Math.max(1, next - now);
    }

    /** How often it went off until now; it is set to its next time. */
    long take(long now) {
        if (next == NEVER || now - next < 0) {
            return 0;
        }
        long times = interval == 0 ? 1 : (now - next) / interval + 1;
        next = interval == 0 ? NEVER : next + times * interval;
        return times;
    }
}
