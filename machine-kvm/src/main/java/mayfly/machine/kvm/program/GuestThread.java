package mayfly.machine.kvm.program;

import mayfly.machine.kvm.cpu.CpuState;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** One thread of a process. All threads of a machine share its one processor and take turns. */
public final class GuestThread {
    final GuestProcess process;
    /** Of the machine's; changes only when it calls execve(2). */
    int id;
    /** Its registers while another thread has the processor. */
    final CpuState state;
    /** The system call it is in: number and arguments. */
    long callNumber;

    final long[] arguments = new long[6];

    @Nullable
    Wait wait;
    /** What it waited for when its machine was frozen, if it has {@link Threads#begin time} for that. */
    @Nullable
    Wait inherited;
    /** The result of the call that it waited in, to be given when it has the processor again. */
    long result;

    boolean hasResult;
    /** A signal ended its wait, and nobody decided yet whether the call is made again. */
    boolean interrupted;
    /** Its registers were replaced by its call, which therefore has no result. */
    boolean replaced;
    /** Address that is cleared, and whose waiters are woken, when it ends (CLONE_CHILD_CLEARTID); 0: none. */
    long clearAtExit;

    long robustList;
    /** Blocked signals, bit n-1 for signal n. */
    long signalMask;
    /** Signals that were sent to it alone and not delivered. */
    PendingSignals pending = new PendingSignals();
    /** What {@link #signalMask} is to be again after its call, if {@link #maskSaved}. */
    long savedMask;

    boolean maskSaved;
    /** Of its last exception: vector, error code and, of a page fault, the address. */
    long trapNumber;

    long trapError;
    long trapAddress;

    SignalStack signalStack = new SignalStack();

    /** As prctl(PR_SET_NAME): 15 bytes and a zero at most, filled with zeroes. Never changed in place. */
    byte[] name = new byte[ProcessState.NAME_BYTES];
    /** CPU time it was charged with. */
    long cpuNanos;

    GuestThread(GuestProcess process, int id, CpuState state) {
        this.process = process;
        this.id = id;
        this.state = state;
    }

    GuestThread copy(GuestProcess owner) {
        GuestThread copy = new GuestThread(owner, id, state.copy());
        copy.callNumber = callNumber;
        System.arraycopy(arguments, 0, copy.arguments, 0, arguments.length);
        copy.result = result;
        copy.hasResult = hasResult;
        copy.interrupted = interrupted;
        copy.clearAtExit = clearAtExit;
        copy.robustList = robustList;
        copy.signalMask = signalMask;
        copy.pending = pending.copy();
        copy.savedMask = savedMask;
        copy.maskSaved = maskSaved;
        copy.trapNumber = trapNumber;
        copy.trapError = trapError;
        copy.trapAddress = trapAddress;
        copy.signalStack = signalStack.copy();
        copy.name = name;
        copy.cpuNanos = cpuNanos;
        return copy;
    }

    /** Takes down all but the registers, which are settled. */
    void save(StateOut out) throws UnsavableException {
        out.number(callNumber);
        for (long argument : arguments) {
            out.number(argument);
        }
        out.number(result);
        out.flag(hasResult);
        out.flag(interrupted);
        out.number(clearAtExit);
        out.number(robustList);
        out.number(signalMask);
        pending.save(out);
        out.number(savedMask);
        out.flag(maskSaved);
        out.number(trapNumber);
        out.number(trapError);
        out.number(trapAddress);
        signalStack.save(out);
        out.block(name);
        out.number(cpuNanos);
    }

    void load(StateIn in) throws DamagedException {
        callNumber = in.longNumber();
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = in.longNumber();
        }
        result = in.longNumber();
        hasResult = in.flag();
        interrupted = in.flag();
        clearAtExit = in.longNumber();
        robustList = in.longNumber();
        signalMask = in.longNumber() & ~Signals.NEVER_BLOCKED;
        pending = PendingSignals.load(in);
        savedMask = in.longNumber() & ~Signals.NEVER_BLOCKED;
        maskSaved = in.flag();
        trapNumber = in.longNumber();
        trapError = in.longNumber();
        trapAddress = in.longNumber();
        signalStack.load(in);
        name = in.exactly(ProcessState.NAME_BYTES, "a thread's name");
        cpuNanos = in.size("a thread's CPU time");
    }

    public int id() {
        return id;
    }
}
