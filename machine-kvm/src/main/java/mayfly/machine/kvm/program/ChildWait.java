package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/** Waits for the end of a child. Asked whenever one ends. */
final class ChildWait implements Wait {
    // sys/wait.h
    static final int NO_HANG = 1;
    static final int STOPPED = 2;
    static final int EXITED = 4;
    static final int CONTINUED = 8;
    static final int NO_WAIT = 0x0100_0000;
    static final int NO_THREAD = 0x2000_0000;
    static final int ALL = 0x4000_0000;
    static final int CLONE = 0x8000_0000;

    private static final int USAGE_BYTES = 144;
    private static final long MICRO = 1000;

    /** Which children. */
    enum Whom {
        ANY,
        PROCESS,
        GROUP
    }

    /**
     * @param id of the process or group
     * @param options of wait4(2) or waitid(2)
     */
    record Wanted(Whom whom, int id, int options) {}

    /**
     * Where what is found goes; 0: nowhere.
     *
     * @param status wait4's word
     * @param info waitid's siginfo_t
     * @param usage struct rusage
     */
    record Places(boolean isWaitid, long status, long info, long usage) {}

    private final Program program;
    private final GuestThread thread;
    private final Wanted wanted;
    private final Places places;

    ChildWait(Program program, GuestThread thread, Wanted wanted, Places places) {
        this.program = program;
        this.thread = thread;
        this.wanted = wanted;
        this.places = places;
    }

    @Override
    public long poll() {
        boolean some = false;
        for (GuestProcess child : program.processes.all()) {
            if (child.parent == thread.process.id && isWanted(child)) {
                if (!child.isAlive() && (wanted.options() & EXITED) != 0) {
                    return report(child);
                }
                some = true;
            }
        }
        if (!some) {
            return -Errno.ECHILD;
        }
        return (wanted.options() & NO_HANG) == 0 ? PENDING : places.isWaitid() ? tell(null) : 0;
    }

    private boolean isWanted(GuestProcess child) {
        boolean cloned = child.exitSignal != Signals.SIGCHLD;
        if ((wanted.options() & ALL) == 0 && cloned != ((wanted.options() & CLONE) != 0)) {
            return false;
        }
        return switch (wanted.whom()) {
            case ANY -> true;
            case PROCESS -> child.hasId(wanted.id());
            case GROUP -> child.group == wanted.id();
        };
    }

    private long report(GuestProcess child) {
        ChildStatus status = ChildStatus.of(child);
        if ((wanted.options() & NO_WAIT) == 0) {
            program.processes.reap(child, thread.process);
        }
        if (places.usage() != 0) {
            long nanos = child.state.cpu.total(System.nanoTime()) + child.reapedNanos;
            program.space().clear(places.usage(), USAGE_BYTES);
            program.space().putLong(places.usage(), nanos / Clocks.SECOND);
            program.space().putLong(places.usage() + 8, nanos % Clocks.SECOND / MICRO);
        }
        return tell(status);
    }

    private long tell(@Nullable ChildStatus status) {
        if (places.isWaitid()) {
            if (places.info() != 0) { // of its union only the fields of a child are written
                byte[] all = status == null
                        ? new byte[SignalInfo.BYTES]
                        : status.info(Signals.SIGCHLD).toBytes();
                program.space().write(places.info(), all, 0, 28);
            }
            return 0;
        }
        if (status == null) {
            return 0;
        }
        if (places.status() != 0) {
            program.space().putInt(places.status(), status.word());
        }
        return status.process();
    }

    @Override
    public boolean polled() {
        return false;
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new ChildWait(other, copied, wanted, places);
    }
}
