package mayfly.machine.kvm.program;

import java.util.Arrays;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Vcpu.Register;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * A process's signals: actions, what is pending, and delivery. A signal is delivered to the thread that has the
 * processor, when its registers are whole; a thread that waits is woken for one. Stopping is not offered: there is
 * nobody who would let the program go on.
 */
public final class Signals {
    public static final int SIGILL = 4;
    public static final int SIGTRAP = 5;
    public static final int SIGABRT = 6;
    public static final int SIGBUS = 7;
    public static final int SIGFPE = 8;
    public static final int SIGKILL = 9;
    public static final int SIGSEGV = 11;
    public static final int SIGPIPE = 13;
    public static final int SIGALRM = 14;
    public static final int SIGTERM = 15;
    public static final int SIGCHLD = 17;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;

    /** The highest. */
    public static final int LAST = 64;

    static final long NEVER_BLOCKED = bit(SIGKILL) | bit(SIGSTOP);
    /** SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH. */
    private static final long NOTHING_BY_DEFAULT =
            bit(SIGCHLD) | bit(SIGCONT) | bit(SIGSTOP) | bit(20) | bit(21) | bit(22) | bit(23) | bit(28);

    private static final String[] NAMES = """
            - HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU
            URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS""".split("\\s+");

    private final Program program;
    private final GuestProcess process;
    private final SignalFrame frame;
    private final SignalAction[] actions = new SignalAction[LAST + 1];
    /** Sent to the process, for any thread that does not block them. */
    private PendingSignals shared = new PendingSignals();

    Signals(Program program, GuestProcess process) {
        this.program = program;
        this.process = process;
        frame = new SignalFrame(program);
        Arrays.fill(actions, SignalAction.NONE);
    }

    /** As a forked process does. */
    void takeActions(Signals original) {
        System.arraycopy(original.actions, 0, actions, 0, actions.length);
    }

    /** As execve(2): what was ignored stays so, what was handled is not any more. */
    void forgetHandlers() {
        for (int signal = 0; signal <= LAST; signal++) {
            if (actions[signal].handler() != SignalAction.IGNORE) {
                actions[signal] = SignalAction.NONE;
            }
        }
    }

    /** Whether ends of children are not wanted to be heard of. */
    boolean ignoresChildren() {
        SignalAction action = actions[SIGCHLD];
        return action.handler() == SignalAction.IGNORE || action.has(SignalAction.NO_CHILD_WAIT);
    }

    void takeOver(Signals original) {
        System.arraycopy(original.actions, 0, actions, 0, actions.length);
        shared = original.shared.copy();
    }

    void save(StateOut out) throws UnsavableException {
        for (SignalAction action : actions) {
            out.number(action.handler());
            out.number(action.flags());
            out.number(action.restorer());
            out.number(action.mask());
        }
        shared.save(out);
    }

    void load(StateIn in) throws DamagedException {
        for (int signal = 0; signal <= LAST; signal++) {
            actions[signal] = new SignalAction(
                    in.longNumber(), in.longNumber(), in.longNumber(), in.longNumber() & ~NEVER_BLOCKED);
        }
        shared = PendingSignals.load(in);
    }

    /** A signal's bit in a mask. */
    static long bit(int signal) {
        return 1L << (signal - 1);
    }

    /** "SIGSEGV", "SIGRT40". */
    public static String name(int signal) {
        return signal > 0 && signal < NAMES.length ? "SIG" + NAMES[signal] : "SIGRT" + signal;
    }

    // ---- actions ----

    SignalAction action(int signal) {
        return actions[signal];
    }

    void setAction(int signal, SignalAction action) {
        actions[signal] =
                new SignalAction(action.handler(), action.flags(), action.restorer(), action.mask() & ~NEVER_BLOCKED);
        if (doesNothing(signal)) {
            shared.drop(bit(signal));
            for (GuestThread thread : process.threads) {
                thread.pending.drop(bit(signal));
            }
        }
    }

    private boolean doesNothing(int signal) {
        long handler = actions[signal].handler();
        return handler == SignalAction.IGNORE
                || (handler == SignalAction.DEFAULT && (NOTHING_BY_DEFAULT & bit(signal)) != 0);
    }

    // ---- sending ----

    /** Sends a signal to the process: some thread that does not block it gets it. False: too many are pending. */
    public boolean send(SignalInfo info) {
        return send(null, info);
    }

    /** Sends a signal to one thread, or to the process if there is none. False: too many are pending. */
    boolean send(@Nullable GuestThread target, SignalInfo info) {
        int signal = info.signal();
        if (signal == SIGKILL) {
            program.processes.end(process, new Stop.Killed(SIGKILL, "the program killed itself"));
            return true;
        }
        long bit = bit(signal);
        GuestThread receiver = target == null ? receiver(bit) : target;
        boolean blocked = receiver == null || (receiver.signalMask & bit) != 0;
        if (doesNothing(signal) && !blocked) {
            return true;
        }
        if (!(target == null ? shared : target.pending).add(info)) {
            return false;
        }
        for (GuestThread thread : process.threads) {
            if ((target == null || thread == target)
                    && thread.wait instanceof SignalWait wait
                    && wait.wants(bit)
                    && program.pollNow(thread)) {
                return true;
            }
        }
        if (receiver != null && !blocked) {
            program.threads.interrupt(receiver);
        }
        return true;
    }

    /** A thread's call caused a signal, which comes with the call's result. */
    void raise(GuestThread thread, SignalInfo info) {
        long bit = bit(info.signal());
        if (!doesNothing(info.signal()) || (thread.signalMask & bit) != 0) {
            var _ = thread.pending.add(info); // a full queue has enough signals
        }
    }

    /** As Linux: the first thread that does not block it, whether it waits or not. */
    private @Nullable GuestThread receiver(long bit) {
        for (GuestThread thread : process.threads) {
            if ((thread.signalMask & bit) == 0) {
                return thread;
            }
        }
        return null;
    }

    /** What is pending for a thread, blocked or not. */
    long pending(GuestThread thread) {
        return thread.pending.bits() | shared.bits();
    }

    /** Takes one of a set that is pending for a thread. */
    @Nullable
    SignalInfo take(GuestThread thread, long set) {
        SignalInfo own = thread.pending.take(set);
        return own != null ? own : shared.take(set);
    }

    // ---- blocking ----

    /**
     * Blocks other signals until the current call is over (ppoll(2), pselect(2), epoll_pwait(2), rt_sigsuspend(2)).
     * Nothing when the call is made again.
     *
     * @param address of the mask; 0: keep what is blocked
     * @param bytes its size as the program says
     * @return 0 or -EINVAL
     */
    long blockDuringCall(long address, long bytes) {
        if (address == 0 || program.isAgain()) {
            return 0;
        }
        if (bytes != Long.BYTES) {
            return -Errno.EINVAL;
        }
        long mask = program.space().getLong(address) & ~NEVER_BLOCKED;
        GuestThread thread = program.current();
        if (!thread.maskSaved) {
            thread.savedMask = thread.signalMask;
            thread.maskSaved = true;
        }
        thread.signalMask = mask;
        return 0;
    }

    // ---- delivery ----

    /** Whether {@link #deliver} has something to do. */
    boolean hasWork(GuestThread thread) {
        return thread.maskSaved || hasDeliverable(thread);
    }

    boolean hasDeliverable(GuestThread thread) {
        return ((thread.pending.bits() | shared.bits()) & ~thread.signalMask) != 0;
    }

    /** Delivers what there is to the current thread, whose registers are settled and loaded. */
    void deliver(GuestThread thread) throws ErrnoException {
        boolean interrupted = thread.interrupted;
        thread.interrupted = false;
        if (!interrupted) {
            restoreMask(thread);
        }
        SignalInfo info;
        while ((info = take(thread, ~thread.signalMask)) != null) {
            SignalAction action = actions[info.signal()];
            if (doesNothing(info.signal())) {
                continue;
            }
            if (action.handler() == SignalAction.DEFAULT) {
                die(info.signal(), "");
                return;
            }
            if (interrupted) {
                interrupted = false;
                if (action.has(SignalAction.RESTART) && Restarts.canRestart(thread)) {
                    program.cpu().repeatCall(thread.callNumber);
                }
            }
            handle(thread, action, info);
        }
        if (interrupted) { // no handler saw it, and so the call never ended
            program.cpu().repeatCall(thread.callNumber);
        }
        restoreMask(thread);
    }

    private static void restoreMask(GuestThread thread) {
        if (thread.maskSaved) {
            thread.maskSaved = false;
            thread.signalMask = thread.savedMask;
        }
    }

    private void handle(GuestThread thread, SignalAction action, SignalInfo info) throws ErrnoException {
        int signal = info.signal();
        long mask = thread.maskSaved ? thread.savedMask : thread.signalMask;
        if (!action.has(SignalAction.RESTORER) || !frame.enter(thread, action, info, mask)) {
            die(SIGSEGV, ": no stack for the handler of " + name(signal));
            return;
        }
        thread.maskSaved = false;
        thread.signalMask |= action.mask() | (action.has(SignalAction.NO_DEFER) ? 0 : bit(signal));
        thread.signalMask &= ~NEVER_BLOCKED;
        if (action.has(SignalAction.RESET)) {
            actions[signal] = SignalAction.NONE;
        }
    }

    /** rt_sigreturn(2). */
    void leaveHandler(GuestThread thread) throws ErrnoException {
        program.cpu().settle();
        thread.replaced = true;
        if (!frame.leave(thread)) {
            force(thread, SignalInfo.fromKernel(SIGSEGV));
        }
    }

    /** The current thread, whose registers are settled, raised a signal that it cannot go on without. */
    void force(GuestThread thread, SignalInfo info) throws ErrnoException {
        int signal = info.signal();
        boolean handled = actions[signal].handler() != SignalAction.DEFAULT
                && actions[signal].handler() != SignalAction.IGNORE
                && (thread.signalMask & bit(signal)) == 0;
        if (handled) {
            thread.pending.drop(bit(signal));
            var _ = thread.pending.add(info); // a full queue has no room for its death either
            deliver(thread);
        } else {
            String where = ", instruction 0x" + Long.toHexString(program.cpu().get(Register.RIP));
            String what = info.code() == SignalInfo.SI_KERNEL ? "" : " at 0x" + Long.toHexString(info.address());
            die(signal, what + where);
        }
    }

    private void die(int signal, String how) {
        program.processes.end(process, new Stop.Killed(signal, name(signal) + how));
    }
}
