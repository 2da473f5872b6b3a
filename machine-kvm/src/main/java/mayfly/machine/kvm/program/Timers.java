package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** A process's timers that send signals. */
final class Timers {
    static final int REAL = 0;
    static final int VIRTUAL = 1;
    static final int PROFILE = 2;
    /** Interval timers of setitimer(2). */
    static final int INTERVAL_TIMERS = 3;

    private static final int SIGVTALRM = 26;
    private static final int SIGPROF = 27;
    private static final int MAX = 256;

    /** The interval timers first, then those of timer_create(2). */
    private final List<Timer> all = new ArrayList<>();

    private int lastId = -1;
    private long first = Timer.NEVER;
    private long firstIdle = Timer.NEVER;

    Timers() {
        all.add(new Timer(-1, 0, false, Signals.SIGALRM, 0, 0, false));
        all.add(new Timer(-1, 0, true, SIGVTALRM, 0, 0, false));
        all.add(new Timer(-1, 0, true, SIGPROF, 0, 0, false));
    }

    Timers copy() {
        Timers copy = new Timers();
        copy.all.clear();
        all.forEach(timer -> copy.all.add(timer.copy()));
        copy.lastId = lastId;
        copy.first = firstIdle;
        copy.firstIdle = firstIdle;
        return copy;
    }

    void save(StateOut out) throws UnsavableException {
        out.number(lastId);
        out.number(all.size());
        for (Timer timer : all) {
            timer.save(out);
        }
    }

    void load(StateIn in) throws DamagedException {
        lastId = in.number();
        int count = in.count(MAX, "timers");
        all.clear();
        for (int i = 0; i < count; i++) {
            Timer timer = Timer.load(in);
            in.require(timer.posix == i >= INTERVAL_TIMERS, "the interval timers come first");
            all.add(timer);
            firstIdle = timer.cpu ? firstIdle : Math.min(firstIdle, timer.next);
        }
        in.require(count >= INTERVAL_TIMERS, "interval timers are missing");
        first = firstIdle;
    }

    Timer interval(int which) {
        return all.get(which);
    }

    /** The timer of timer_create(2) with this id. */
    @Nullable
    Timer get(long id) {
        for (Timer timer : all) {
            if (timer.posix && timer.id == (int) id) {
                return timer;
            }
        }
        return null;
    }

    /** A new timer's id, or -EAGAIN. */
    long add(int clock, boolean cpu, int signal, int thread, long value) {
        if (all.size() >= MAX) {
            return -Errno.EAGAIN;
        }
        all.add(new Timer(++lastId, clock, cpu, signal, thread, value, true));
        return lastId;
    }

    void remove(Timer timer) {
        all.remove(timer);
    }

    /** Sets a timer. */
    void set(GuestProcess process, Timer timer, long next, long interval) {
        timer.next = next;
        timer.interval = interval;
        timer.overruns = 0;
        plan(process, System.nanoTime());
    }

    /** When the first one goes off while the program runs, in {@link System#nanoTime} time. */
    long first() {
        return first;
    }

    /** The same while it does not run: CPU time stands still. */
    long firstIdle() {
        return firstIdle;
    }

    /** Looks up which one is next; also when the program begins to run, for CPU time went on elsewhere. */
    void plan(GuestProcess process, long now) {
        first = Timer.NEVER;
        firstIdle = Timer.NEVER;
        for (Timer timer : all) {
            if (timer.next == Timer.NEVER) {
                continue;
            }
            if (timer.cpu) {
                first = Math.min(first, now + (timer.next - process.state.cpu.total(now)));
            } else {
                firstIdle = Math.min(firstIdle, timer.next);
            }
        }
        first = Math.min(first, firstIdle);
    }

    /** execve(2): those of timer_create(2) are gone. */
    void keepIntervals() {
        all.subList(INTERVAL_TIMERS, all.size()).clear();
        lastId = -1;
    }

    /** Its process ended: none goes off. */
    void clear() {
        all.clear();
        first = Timer.NEVER;
        firstIdle = Timer.NEVER;
    }

    /** Sends the signals of the timers whose time has come. */
    void fire(GuestProcess process) {
        if (first == Timer.NEVER) {
            return;
        }
        long now = System.nanoTime();
        if (now - first < 0) {
            return;
        }
        for (Timer timer : List.copyOf(all)) {
            long times = timer.take(timer.cpu ? process.state.cpu.total(now) : now);
            if (times > 0 && timer.signal != 0) {
                send(process, timer, times);
            }
        }
        plan(process, now);
    }

    private static void send(GuestProcess process, Timer timer, long times) {
        if (!timer.posix) {
            var _ = process.signals.send(SignalInfo.fromKernel(timer.signal));
            return;
        }
        GuestThread target = timer.thread == 0 ? null : process.program.thread(timer.thread);
        if (timer.thread != 0 && (target == null || !target.process.equals(process))) {
            return; // the thread ended
        }
        GuestThread any = target != null ? target : process.threads.getFirst();
        boolean pending = (process.signals.pending(any) & Signals.bit(timer.signal)) != 0;
        timer.overruns = (int) Math.min(Integer.MAX_VALUE, times - 1 + (pending ? timer.overruns + 1L : 0));
        if (!pending) {
            var _ = process.signals.send(target, SignalInfo.timer(timer.signal, timer.id, timer.overruns, timer.value));
        }
    }
}
