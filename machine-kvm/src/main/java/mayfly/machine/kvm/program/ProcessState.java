package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** What a process is besides memory, threads, files and signals: limits, the settings of prctl(2), CPU time. Copyable. */
final class ProcessState {
    /** Bytes of a thread's name with its final zero. */
    static final int NAME_BYTES = 16;

    private static final long DEFAULT_SLACK_NANOS = 50_000;

    final ResourceLimits limits;
    final CpuUse cpu;
    Clocks clocks;
    final Timers timers;

    /** Of the first thread and those that it makes. */
    byte[] name = name("program".getBytes(StandardCharsets.US_ASCII));

    int dumpable = 1;
    int deathSignal;
    boolean noNewPrivileges;
    boolean keepCapabilities;
    boolean subreaper;
    boolean hugePagesOff;
    long timerSlack = DEFAULT_SLACK_NANOS;
    int nice;
    /** As personality(2) set it. */
    int personality;
    /** Of the next anonymous file: pipes and their like. */
    long nextInode = 1000;

    // between a call that waits and its Watch, only while the call runs
    long watchedNext = Wait.FOREVER;
    boolean watchIsLast;

    ProcessState() {
        this(new ResourceLimits(), new CpuUse(), new Clocks(), new Timers());
    }

    private ProcessState(ResourceLimits limits, CpuUse cpu, Clocks clocks, Timers timers) {
        this.limits = limits;
        this.cpu = cpu;
        this.clocks = clocks;
        this.timers = timers;
    }

    /** Cut to 15 bytes and filled with zeroes. */
    static byte[] name(byte[] text) {
        return Arrays.copyOf(Arrays.copyOf(text, NAME_BYTES - 1), NAME_BYTES);
    }

    void save(StateOut out) throws UnsavableException {
        limits.save(out);
        cpu.save(out);
        timers.save(out);
        out.block(name);
        out.number(dumpable);
        out.number(deathSignal);
        out.flag(noNewPrivileges);
        out.flag(keepCapabilities);
        out.flag(subreaper);
        out.flag(hugePagesOff);
        out.number(timerSlack);
        out.number(nice);
        out.number(personality);
        out.number(nextInode);
    }

    /** @param going the clocks that it goes on with */
    void load(StateIn in, Clocks going) throws DamagedException {
        clocks = going;
        limits.load(in);
        cpu.load(in);
        timers.load(in);
        name = in.exactly(NAME_BYTES, "a name");
        dumpable = in.number();
        deathSignal = in.number();
        noNewPrivileges = in.flag();
        keepCapabilities = in.flag();
        subreaper = in.flag();
        hugePagesOff = in.flag();
        timerSlack = in.longNumber();
        nice = in.number();
        personality = in.number();
        nextInode = in.longNumber();
    }

    /** A forked process's: no timers, no CPU time, and what concerns its parent alone is not set. */
    ProcessState forked() {
        ProcessState forked = new ProcessState(limits.copy(), new CpuUse(), clocks, new Timers());
        take(forked);
        forked.deathSignal = 0;
        forked.subreaper = false;
        return forked;
    }

    ProcessState copy() {
        ProcessState copy = new ProcessState(limits.copy(), cpu.copy(), clocks.copy(), timers.copy());
        take(copy);
        return copy;
    }

    private void take(ProcessState copy) {
        copy.name = name;
        copy.dumpable = dumpable;
        copy.deathSignal = deathSignal;
        copy.noNewPrivileges = noNewPrivileges;
        copy.keepCapabilities = keepCapabilities;
        copy.subreaper = subreaper;
        copy.hugePagesOff = hugePagesOff;
        copy.timerSlack = timerSlack;
        copy.nice = nice;
        copy.personality = personality;
        copy.nextInode = nextInode;
    }
}
