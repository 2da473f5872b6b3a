package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a process is besides memory, threads, files and signals: limits, the settings of prctl(2), CPU time. Copyable. */
final class ProcessState {
    /** Bytes of a thread's name with its final zero. */
    static final int NAME_BYTES = 16;

    private static final long DEFAULT_SLACK_NANOS = 50_000;

    final ResourceLimits limits;
    final CpuUse cpu;
    final Clocks clocks;
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

    ProcessState copy() {
        ProcessState copy = new ProcessState(limits.copy(), cpu.copy(), clocks.copy(), timers.copy());
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
        return copy;
    }
}
