package mayfly.machine.kvm.program;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/**
 * The threads of all processes of a machine, and whose turn is next. A thread is in one of three places: it has the processor, it is in the
 * queue of those that can run, or it waits. One that waits for another thread's call is woken by that call; one that
 * waits for something else is asked by {@link #look}, when no other can run and once in a slice.
 */
final class Threads {
    static final int MAX = 1024;
    private static final long INHERITED_NANOS = 1_000_000_000;
    /** As pid_max says. */
    private static final int NUMBER_MAX = 4_194_303;

    private final List<GuestThread> all = new ArrayList<>();
    private final Queue<GuestThread> ready = new ArrayDeque<>();
    private int lastId = Program.PID;
    private long earliest = Wait.FOREVER;
    private long inheritedUntil;
    /** It was copied, and did not run since. */
    private boolean fresh;

    List<GuestThread> all() {
        return all;
    }

    int count() {
        return all.size();
    }

    /** The number of the next thread. */
    int nextId(Processes processes) {
        do {
            lastId = lastId >= NUMBER_MAX ? Program.PID : lastId + 1;
        } while (get(lastId) != null || processes.find(lastId) != null);
        return lastId;
    }

    void add(GuestThread thread) {
        all.add(thread);
        thread.process.threads.add(thread);
    }

    /** It is no more. */
    void remove(GuestThread thread) {
        Wait wait = thread.wait;
        if (wait != null) {
            wait.cancel();
            thread.wait = null;
        } else {
            ready.remove(thread);
        }
        all.remove(thread);
        thread.process.threads.remove(thread);
    }

    /** The thread with this number; null when there is none. */
    @Nullable
    GuestThread get(int id) {
        for (GuestThread thread : all) {
            if (thread.id == id) {
                return thread;
            }
        }
        return null;
    }

    /** It can run, behind the others that can. */
    void ready(GuestThread thread) {
        ready.add(thread);
    }

    boolean anyReady() {
        return !ready.isEmpty();
    }

    /** The one that can run for longest, out of the queue; null when there is none. */
    @Nullable
    GuestThread takeReady() {
        return ready.poll();
    }

    /** A thread's wait is over with a result. */
    void wake(GuestThread thread, long result) {
        if (thread.wait != null) {
            thread.wait = null;
            thread.result = result;
            thread.hasResult = true;
            ready.add(thread);
        }
    }

    /** When the first deadline of a waiting thread passes, in {@link System#nanoTime} time, as of the last look. */
    long earliest() {
        return earliest;
    }

    /** A thread begins to wait. */
    void waits(Wait wait) {
        earliest = Math.min(earliest, wait.deadline());
    }

    /**
     * The machine begins to run. If it was copied since, and has several processes, what they waited for when they
     * were frozen does not end by time alone for a while: gunicorn's first process would kill its worker, which it did not
     * hear of for long, while the worker has a connection to answer.
     */
    void begin(long now) {
        if (fresh) {
            fresh = false;
            inheritedUntil = now + INHERITED_NANOS;
        }
    }

    /** Asks the threads that wait, and wakes those that have what they want; behind them those whose time is up. */
    void look(Program program, long now) {
        long first = Wait.FOREVER;
        List<GuestThread> late = List.of();
        for (int i = 0; i < all.size(); i++) {
            GuestThread thread = all.get(i);
            Wait wait = thread.wait;
            if (wait == null) {
                continue;
            }
            program.enter(thread.process);
            long result = wait.polled() ? wait.poll() : Wait.PENDING;
            if (result != Wait.PENDING) {
                wake(thread, result);
                continue;
            }
            long deadline = wait.deadline();
            if (wait.equals(thread.inherited) && deadline != Wait.FOREVER) {
                deadline = Math.max(deadline, inheritedUntil);
            }
            if (deadline == Wait.FOREVER || now - deadline < 0) {
                first = Math.min(first, deadline);
            } else {
                late = late.isEmpty() ? new ArrayList<>() : late;
                late.add(thread);
            }
        }
        for (GuestThread thread : late) {
            first = Math.min(first, tooLate(program, thread));
        }
        earliest = first;
    }

    /** A thread's time is up; gives the deadline that it has now. */
    private long tooLate(Program program, GuestThread thread) {
        Wait wait = thread.wait;
        if (wait == null) {
            return Wait.FOREVER;
        }
        program.enter(thread.process);
        wait.cancel();
        long result = wait.timeout();
        if (result == Wait.PENDING) {
            return wait.deadline();
        }
        wake(thread, result);
        return Wait.FOREVER;
    }

    /** A signal ends a thread's wait. */
    void interrupt(GuestThread thread) {
        Wait wait = thread.wait;
        if (wait != null && wait.interruptible()) {
            wait.cancel();
            long result = wait.interrupted();
            thread.interrupted = result == -Errno.EINTR;
            wake(thread, result);
        }
    }

    /** Becomes what was saved. */
    void restore(List<GuestThread> saved, int newLastId) {
        saved.forEach(this::add);
        lastId = newLastId;
    }

    int lastId() {
        return lastId;
    }

    /** Becomes a copy of a frozen program's threads, which all wait. */
    void copyFrom(Threads original, Program other, IdentityHashMap<GuestProcess, GuestProcess> processes) {
        all.clear();
        ready.clear();
        for (GuestThread thread : original.all) {
            GuestThread copied = thread.copy(Objects.requireNonNull(processes.get(thread.process)));
            Wait wait = thread.wait;
            copied.wait = wait == null ? null : wait.copy(other, copied);
            copied.inherited = processes.size() > 1 ? copied.wait : null;
            add(copied);
            if (wait == null) {
                ready.add(copied); // in the order of their numbers: the order of turns is not kept
            }
        }
        lastId = original.lastId;
        earliest = Wait.FOREVER;
        fresh = true;
    }
}
