package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;
import org.jspecify.annotations.Nullable;

/**
 * A machine's processes: how they begin, end, and hear of each other. The first one is the machine's program, and its end is
 * the machine's. Behind it stands a process of number 1 that runs nothing: orphans are its children, and gone when they end.
 */
final class Processes {
    /** Of one machine, those included that ended and whose parents did not hear of it. */
    static final int MAX = 128;
    /** The process that has no number of ours. */
    static final int INIT = 1;

    private final Program program;
    private final List<GuestProcess> all = new ArrayList<>();

    Processes(Program program) {
        this.program = program;
    }

    void add(GuestProcess process) {
        all.add(process);
    }

    /** The machine's program. */
    GuestProcess first() {
        return all.getFirst();
    }

    List<GuestProcess> all() {
        return all;
    }

    /** The process with a number, running or not; null: there is none. */
    @Nullable
    GuestProcess find(int id) {
        for (GuestProcess each : all) {
            if (each.hasId(id)) {
                return each;
            }
        }
        return null;
    }

    /** What the mappings of all others keep, in bytes. */
    long held(GuestProcess process) {
        long bytes = 0;
        for (GuestProcess each : all) {
            bytes += each.equals(process) || !each.isAlive() ? 0 : each.held();
        }
        return bytes;
    }

    /** Whether no other process that runs has the same of something. */
    boolean isAlone(GuestProcess process, Function<GuestProcess, Object> what) {
        Object its = what.apply(process);
        for (GuestProcess each : all) {
            if (each.isAlive() && !each.equals(process) && what.apply(each).equals(its)) {
                return false;
            }
        }
        return true;
    }

    // ---- beginning ----

    /**
     * A process that is a copy of the current one with its current thread alone.
     *
     * @param flags whether its memory and its descriptors are the parent's own
     * @return its number; -EAGAIN: there are too many; -ENOMEM
     */
    long fork(CloneFlags flags, long stack, long data) throws ErrnoException {
        GuestProcess parent = program.process();
        long most = Math.min(MAX, parent.state.limits.soft(ResourceLimits.NPROC));
        if (all.size() >= most || program.threads.count() >= Threads.MAX) {
            return -Errno.EAGAIN;
        }
        AddressSpace space = flags.memory() ? parent.space : parent.space.fork();
        if (space == null) {
            return -Errno.ENOMEM;
        }
        int id = program.threads.nextId(this);
        GuestProcess child = new GuestProcess(
                program,
                id,
                space,
                flags.descriptors() ? parent.descriptors : parent.descriptors.another(),
                parent.files.another(),
                parent.state.forked());
        child.futexes = flags.memory() ? parent.futexes : child.futexes;
        child.signals.takeActions(parent.signals);
        child.parent = parent.id;
        child.shownParent = parent.shownId;
        if (flags.siblings()) {
            child.parent = parent.parent;
            child.shownParent = parent.shownParent;
        }
        child.group = parent.group;
        child.session = parent.session;
        child.exitSignal = flags.exitSignal();
        all.add(child);
        GuestThread thread = ThreadCopy.make(program, child, id, stack, data);
        if (flags.memory() && !flags.suspends()) {
            thread.signalStack = new SignalStack();
        }
        if (flags.suspends()) {
            child.vforkedBy = program.current().id;
        }
        return id;
    }

    // ---- the end ----

    /** A process ends, whatever its threads do; with the first one the machine does. */
    void end(GuestProcess process, Stop how) {
        if (process.equals(first())) {
            program.endMachine(how);
            return;
        }
        if (!process.isAlive()) {
            return;
        }
        GuestProcess before = program.process();
        program.enter(process);
        for (GuestThread thread : List.copyOf(process.threads)) {
            ThreadCalls.leaveMemory(program, thread);
            program.drop(thread);
        }
        process.state.timers.clear();
        try {
            process.leaveMemory();
        } finally {
            process.end = how;
        }
        process.leaveDescriptors();
        releaseVfork(process);
        orphan(process);
        program.enter(before);
        tellParent(process);
    }

    /** Who waits for it by vfork(2) goes on. */
    void releaseVfork(GuestProcess process) {
        GuestThread waiting = process.vforkedBy == 0 ? null : program.thread(process.vforkedBy);
        process.vforkedBy = 0;
        if (waiting != null && waiting.wait instanceof VforkWait) {
            program.wake(waiting, process.id);
        }
    }

    private void orphan(GuestProcess parent) {
        int heir = heir(parent);
        for (GuestProcess child : List.copyOf(all)) {
            if (child.parent != parent.id) {
                continue;
            }
            child.parent = heir;
            GuestProcess newParent = heir == INIT ? null : find(heir);
            child.shownParent = newParent == null ? INIT : newParent.shownId;
            if (!child.isAlive()) {
                tellParent(child);
            } else if (child.state.deathSignal != 0) {
                var _ = child.signals.send(
                        SignalInfo.fromProgram(child.state.deathSignal, SignalInfo.SI_USER, parent.shownId));
            }
        }
    }

    /** PR_SET_CHILD_SUBREAPER: the next one above that wants orphans. */
    private int heir(GuestProcess process) {
        for (GuestProcess above = find(process.parent); above != null; above = find(above.parent)) {
            if (above.state.subreaper && above.isAlive()) {
                return above.id;
            }
        }
        return INIT;
    }

    private void tellParent(GuestProcess process) {
        GuestProcess parent = process.parent == INIT ? null : find(process.parent);
        if (parent == null || !parent.isAlive()) {
            all.remove(process);
            return;
        }
        boolean unwanted = process.exitSignal == Signals.SIGCHLD && parent.signals.ignoresChildren();
        for (GuestThread thread : List.copyOf(parent.threads)) {
            if (!unwanted && thread.wait instanceof ChildWait && program.pollNow(thread) && !all.contains(process)) {
                break;
            }
        }
        if (process.exitSignal > 0 && process.exitSignal <= Signals.LAST) {
            var _ = parent.signals.send(ChildStatus.of(process).info(process.exitSignal));
        }
        if (unwanted) {
            reap(process, parent);
            for (GuestThread thread : List.copyOf(parent.threads)) {
                if (thread.wait instanceof ChildWait) {
                    var _ = program.pollNow(thread); // there may be no child left to wait for
                }
            }
        }
    }

    /** Its parent heard of its end. */
    void reap(GuestProcess process, GuestProcess parent) {
        all.remove(process);
        parent.reapedNanos += process.state.cpu.total(System.nanoTime()) + process.reapedNanos;
    }

    // ---- time ----

    /** The machine begins to run, with the registers of a thread. */
    void begin(@Nullable GuestThread loaded, long now) {
        for (GuestProcess each : all) {
            each.state.timers.plan(each, now);
        }
        if (loaded != null) {
            loaded.process.state.cpu.begin(now);
        }
    }

    void pause(@Nullable GuestThread loaded, long now) {
        if (loaded != null) {
            loaded.process.state.cpu.charge(loaded, now);
            loaded.process.state.cpu.end();
        }
    }

    /** Another thread gets the processor. */
    void charge(@Nullable GuestThread before, GuestThread next, long now) {
        pause(before, now);
        next.process.state.cpu.begin(now);
    }

    /** When the next timer goes off, in {@link System#nanoTime} time; those of CPU time only of a process that runs. */
    long nextTimer(@Nullable GuestProcess running) {
        long first = Wait.FOREVER;
        for (int i = 0; i < all.size(); i++) {
            GuestProcess each = all.get(i);
            Timers timers = each.state.timers;
            first = Math.min(first, each.equals(running) ? timers.first() : timers.firstIdle());
        }
        return first;
    }

    /** Sends the signals of the timers whose time has come. */
    void fireTimers() {
        GuestProcess before = program.process();
        for (int i = 0; i < all.size(); i++) {
            GuestProcess each = all.get(i);
            if (each.state.timers.first() != Timer.NEVER) {
                program.enter(each);
                each.state.timers.fire(each);
            }
        }
        program.enter(before);
    }

    // ---- copies ----

    /** Becomes a copy of a frozen machine's processes, with their threads. */
    void copyFrom(Processes original, Copies copies, GuestRam ram) {
        all.clear();
        IdentityHashMap<GuestProcess, GuestProcess> copied = new IdentityHashMap<>();
        for (GuestProcess each : original.all) {
            GuestProcess copy = each.copy(program, copies, ram);
            copied.put(each, copy);
            all.add(copy);
        }
        program.enter(first());
        program.threads.copyFrom(original.program.threads, program, copied);
    }

    void renumber() {
        for (GuestProcess each : all) {
            each.renumber();
        }
    }
}
