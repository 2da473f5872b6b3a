package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.ThreadSignal;
import mayfly.linux.Vcpu;
import mayfly.machine.kvm.cpu.Exit;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.memory.Region;
import org.jspecify.annotations.Nullable;

/**
 * A Linux program on a virtual processor: runs its threads in turns, answers its system calls and exceptions. Everything
 * but {@link #interrupt} belongs to one platform thread at a time.
 */
public final class Program {
    /** The program's process id: it is alone. */
    public static final int PID = 2;

    public static final int THREADS_MAX = 1024;
    private static final long SLICE_NANOS = 4_000_000;

    private final AddressSpace space;
    private final Processor cpu;
    private final CallTable table;
    private Descriptors descriptors;
    private final Signals signals;
    private final Statistics statistics = new Statistics();
    private ProcessState state = new ProcessState();
    private final List<GuestThread> threads = new ArrayList<>();

    private int lastId = PID;
    /** The thread that has the processor; null when none can run. */
    private @Nullable GuestThread current;
    /** Whose registers the processor holds. */
    private @Nullable GuestThread loaded;

    private @Nullable Stop ending;
    private boolean stopAsked;
    private boolean again;
    private volatile boolean interrupted;
    private volatile @Nullable ThreadSignal runner;
    private @Nullable Tracer tracer;

    /** Sees every system call, for people. */
    @FunctionalInterface
    public interface Tracer {
        void call(GuestThread thread, String name, long[] arguments, long result);
    }

    public Program(AddressSpace space, Processor cpu, CallTable table, Descriptors descriptors) {
        this.space = space;
        this.cpu = cpu;
        this.table = table;
        this.descriptors = descriptors;
        signals = new Signals(this);
    }

    /** Its first thread, which begins at an address with a stack. */
    public void start(long instruction, long stack) {
        GuestThread thread = new GuestThread(PID, cpu.newState());
        thread.name = state.name;
        threads.add(thread);
        cpu.set(Vcpu.Register.RIP, instruction);
        cpu.set(Vcpu.Register.RSP, stack);
        cpu.set(Vcpu.Register.RFLAGS, 0);
        current = thread;
        loaded = thread;
    }

    public AddressSpace space() {
        return space;
    }

    public Processor cpu() {
        return cpu;
    }

    public Descriptors descriptors() {
        return descriptors;
    }

    public Signals signals() {
        return signals;
    }

    ProcessState state() {
        return state;
    }

    public Statistics statistics() {
        return statistics;
    }

    public CallTable table() {
        return table;
    }

    public void trace(@Nullable Tracer newTracer) {
        tracer = newTracer;
    }

    /** The thread whose call is being answered. */
    public GuestThread current() {
        GuestThread thread = current;
        if (thread == null) {
            throw new IllegalStateException("no thread is running");
        }
        return thread;
    }

    public List<GuestThread> threads() {
        return threads;
    }

    // ---- for system calls ----

    /** The current call waits; to be returned by its handler. */
    public long await(Wait wait) {
        current().wait = wait;
        return Wait.PENDING;
    }

    /**
     * The current call is made again until it does not want to wait; to be returned by its handler.
     *
     * @param deadline in {@link System#nanoTime} time, counted from the first time; {@link Wait#FOREVER}: none
     * @param timeoutResult the call's result when the deadline passed
     */
    public long retry(long deadline, long timeoutResult) {
        return again ? Wait.PENDING : await(new Retry(this, current(), deadline, timeoutResult));
    }

    /** Whether the current call was made before and waits since. */
    public boolean isAgain() {
        return again;
    }

    long callAgain(GuestThread thread) {
        CallTable.Entry entry = table.get(thread.callNumber);
        if (entry == null) {
            return -Errno.ENOSYS;
        }
        GuestThread before = current;
        current = thread;
        again = true;
        try {
            return entry.handler().call(this, thread.arguments);
        } finally {
            again = false;
            current = before;
        }
    }

    /** After the current call {@link #run} comes back with {@link Stop.Asked}. */
    public void stopAfterCall() {
        stopAsked = true;
    }

    /** The program ends, whatever its threads do. */
    public long end(Stop how) {
        if (ending == null) {
            ending = how;
        }
        return 0;
    }

    /** A new thread with the current one's registers; it runs when it has its turn. Settles the current call. */
    public @Nullable GuestThread addThread() throws ErrnoException {
        if (threads.size() >= THREADS_MAX) {
            return null;
        }
        GuestThread thread = new GuestThread(++lastId, cpu.newState());
        cpu.settle();
        cpu.save(thread.state);
        thread.name = current().name;
        threads.add(thread);
        return thread;
    }

    /** The current thread ends; with the last one the program does. */
    public long endThread(int code) {
        GuestThread thread = current();
        threads.remove(thread);
        if (threads.isEmpty()) {
            return end(new Stop.Exited(code));
        }
        current = null;
        return 0;
    }

    /** Whether a thread waits in read(2) on a descriptor. */
    public boolean waitsToRead(int fd) {
        for (GuestThread thread : threads) {
            if (thread.wait != null && thread.callNumber == 0 && thread.arguments[0] == fd) {
                return true;
            }
        }
        return false;
    }

    // ---- running ----

    /** Makes {@link #run} come back soon, from any thread; a next one comes back at once. */
    public void interrupt() {
        interrupted = true;
        cpu.kick(true);
        ThreadSignal running = runner;
        if (running != null) {
            running.send();
        }
    }

    /**
     * Runs until there is a reason to stop.
     *
     * @param signal of the calling platform thread
     * @param deadline in {@link System#nanoTime} time after which it is interrupted
     */
    public Stop run(ThreadSignal signal, long deadline) throws ErrnoException {
        runner = signal;
        boolean timed = deadline != Wait.FOREVER;
        long slice = 0;
        state.cpu.begin(System.nanoTime());
        try {
            if (timed) {
                signal.timer(Math.max(1, deadline - System.nanoTime()), SLICE_NANOS);
            }
            while (true) {
                if (ending != null) {
                    return ending;
                }
                if (interrupted || (timed && System.nanoTime() - deadline >= 0)) {
                    interrupted = false;
                    cpu.kick(false);
                    return new Stop.Interrupted();
                }
                if (current == null) {
                    long next = schedule();
                    if (current == null) {
                        return new Stop.Idle(next);
                    }
                }
                if (threads.size() > 1 && slice == 0 && !timed) {
                    slice = SLICE_NANOS;
                    signal.timer(SLICE_NANOS, SLICE_NANOS);
                }
                Stop stop = step(signal);
                if (stop != null) {
                    return stop;
                }
            }
        } finally {
            runner = null;
            if (loaded != null) {
                state.cpu.charge(loaded, System.nanoTime());
            }
            state.cpu.end();
            if (timed || slice != 0) {
                signal.timer(0, 0);
            }
            signal.take();
        }
    }

    private @Nullable Stop step(ThreadSignal signal) throws ErrnoException {
        space.tables().flush();
        Exit exit = cpu.run();
        statistics.exits++;
        switch (exit) {
            case CALL -> call();
            case EXCEPTION -> exception();
            case INTERRUPTED -> {
                signal.take();
                preempt();
            }
            case BROKEN -> end(new Stop.Killed(Signals.SIGKILL, cpu.trouble()));
        }
        if (stopAsked) {
            stopAsked = false;
            return new Stop.Asked();
        }
        return null;
    }

    private void call() throws ErrnoException {
        GuestThread thread = current();
        long number = cpu.number();
        thread.callNumber = number;
        for (int i = 0; i < 6; i++) {
            thread.arguments[i] = cpu.argument(i);
        }
        CallTable.Entry entry = table.get(number);
        long result;
        if (entry == null) {
            statistics.countUnknown(number);
            result = -Errno.ENOSYS;
        } else {
            statistics.calls[(int) number]++;
            try {
                result = entry.handler().call(this, thread.arguments);
            } catch (GuestFault badAddress) {
                result = -Errno.EFAULT;
            }
        }
        if (tracer != null) {
            tracer.call(thread, table.name(number), thread.arguments, result);
        }
        if (current != thread) {
            loaded = null; // it ended, and its registers with it
        } else if (result == Wait.PENDING) {
            cpu.settle();
            current = null;
        } else if (thread.hasResult) { // signals put other registers in place
            thread.hasResult = false;
        } else {
            cpu.answer(result);
            signals.deliver(thread);
        }
    }

    private void exception() throws ErrnoException {
        int vector = cpu.vector();
        if (vector == Processor.PAGE_FAULT) {
            long code = cpu.errorCode();
            int wanted = (code & Processor.FAULT_EXECUTE) != 0
                    ? Region.EXECUTE
                    : (code & Processor.FAULT_WRITE) != 0 ? Region.WRITE : Region.READ;
            if (space.fault(cpu.faultAddress(), wanted)) {
                statistics.faults++;
                cpu.retry();
                return;
            }
        }
        signals.exception(current(), vector);
    }

    /** Another thread's turn, if one can run. */
    private void preempt() throws ErrnoException {
        GuestThread thread = current();
        if (signals.hasDeliverable(thread)) {
            cpu.settle();
            signals.deliver(thread);
        }
        if (threads.size() > 1) {
            cpu.settle();
            current = null;
            schedule();
        }
    }

    /** Gives the processor to the next thread that can run; when there is none, tells when one will. */
    private long schedule() throws ErrnoException {
        long earliest = Wait.FOREVER;
        int start = loaded == null ? 0 : Math.max(0, threads.indexOf(loaded) + 1);
        int count = threads.size();
        for (int i = 0; i < count; i++) {
            GuestThread thread = threads.get((start + i) % count);
            Wait wait = thread.wait;
            if (wait != null) {
                long result = wait.poll();
                if (result == Wait.PENDING && wait.deadline() != Wait.FOREVER) {
                    if (System.nanoTime() - wait.deadline() >= 0) {
                        wait.cancel();
                        result = wait.timeout();
                    } else {
                        earliest = Math.min(earliest, wait.deadline());
                    }
                }
                if (result == Wait.PENDING && signals.hasDeliverable(thread)) {
                    wait.cancel();
                    result = -Errno.EINTR;
                }
                if (result == Wait.PENDING) {
                    continue;
                }
                wake(thread, result);
            }
            switchTo(thread);
            return earliest;
        }
        return earliest;
    }

    /** A thread's wait is over with a result. */
    public void wake(GuestThread thread, long result) {
        thread.wait = null;
        thread.result = result;
        thread.hasResult = true;
    }

    private void switchTo(GuestThread thread) throws ErrnoException {
        if (loaded != thread) {
            statistics.switches++;
            if (loaded != null) {
                state.cpu.charge(loaded, System.nanoTime());
                cpu.save(loaded.state);
            }
            cpu.restore(thread.state);
            loaded = thread;
        }
        if (thread.hasResult) {
            thread.hasResult = false;
            cpu.set(Vcpu.Register.RAX, thread.result);
        }
        current = thread;
        signals.deliver(thread);
    }

    // ---- copies ----

    /** Writes the registers of all threads into their states; only while every thread waits. */
    public void freeze() throws ErrnoException {
        if (current != null) {
            throw new IllegalStateException("a thread is running");
        }
        if (loaded != null) {
            cpu.save(loaded.state);
        }
    }

    /** Becomes what a frozen program is; memory and address space are put back by others. */
    public void resetTo(Program frozen) {
        Copies copies = new Copies();
        descriptors.closeAll();
        descriptors = frozen.descriptors.copy(copies);
        signals.takeOver(frozen.signals);
        takeThreads(frozen);
        interrupted = false;
        cpu.kick(false);
    }

    /** The same program, frozen, on another processor with a copy of its memory. */
    public Program over(AddressSpace copiedSpace, Processor otherCpu, Copies copies) {
        Program copy = new Program(copiedSpace, otherCpu, table, descriptors.copy(copies));
        copy.signals.takeOver(signals);
        copy.state = state.copy();
        copy.takeThreads(this);
        return copy;
    }

    private void takeThreads(Program original) {
        threads.clear();
        for (GuestThread thread : original.threads) {
            GuestThread copied = thread.copy();
            Wait wait = thread.wait;
            copied.wait = wait == null ? null : wait.copy(this, copied);
            threads.add(copied);
        }
        lastId = original.lastId;
        current = null;
        loaded = null;
        ending = null;
        stopAsked = false;
    }
}
