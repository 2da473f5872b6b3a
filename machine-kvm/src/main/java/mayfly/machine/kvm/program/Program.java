package mayfly.machine.kvm.program;

import java.util.List;
import java.util.Objects;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.ThreadSignal;
import mayfly.linux.Vcpu;
import mayfly.machine.kvm.cpu.Exit;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.net.Network;
import org.jspecify.annotations.Nullable;

/**
 * A Linux program on a virtual processor: runs its threads in turns, answers its system calls and exceptions. Everything
 * but {@link #interrupt} belongs to one platform thread at a time.
 */
public final class Program {
    /** The program's process id: it is alone. */
    public static final int PID = 2;

    /** The one user and group. */
    static final int USER = 1000;

    /** {@link #addThread}: the new thread keeps the base of its FS segment. */
    static final long SAME = -1;

    private static final long SLICE_NANOS = 4_000_000;

    private final AddressSpace space;
    private final Processor cpu;
    private final CallTable table;
    private Descriptors descriptors;
    private FileTree files;
    private Network network = Network.none();
    private final Signals signals;
    private final Exceptions exceptions = new Exceptions(this);
    private final Statistics statistics = new Statistics();
    private ProcessState state = new ProcessState();
    final Threads threads = new Threads();
    private final Futexes<GuestThread> futexes = new Futexes<>();

    /** The thread that has the processor; null when none can run. */
    private @Nullable GuestThread current;
    /** Whose registers the processor holds. */
    private @Nullable GuestThread loaded;

    private @Nullable Stop ending;
    private boolean stopAsked;
    private boolean again;
    /** The current thread had its time, and lets the next one run as soon as its registers are whole. */
    private boolean sliceOver;
    /** When the timer is set to, in {@link System#nanoTime} time. */
    private long alarm = Wait.FOREVER;

    private int refusals;
    /** What the first thread ended with: the program's exit status when all end by themselves. */
    int firstCode;

    private volatile boolean interrupted;
    private volatile @Nullable ThreadSignal runner;
    private @Nullable Tracer tracer;
    private @Nullable Foretelling foretelling;

    /** Sees every system call, for people. */
    @FunctionalInterface
    public interface Tracer {
        void call(GuestThread thread, String name, long[] arguments, long result);
    }

    public Program(AddressSpace space, Processor cpu, CallTable table, Descriptors descriptors, FileTree files) {
        this.space = space;
        this.cpu = cpu;
        this.table = table;
        this.descriptors = descriptors;
        this.files = files;
        files.show(new ShownProgram(this));
        space.limitHeld(files.kernelMemory()::hold);
        signals = new Signals(this);
    }

    /** Its first thread, which begins at an address with a stack. */
    public void start(long instruction, long stack) {
        GuestThread thread = new GuestThread(threads.nextId(), cpu.newState());
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

    /** Bytes of memory that it was given at some time, the machine's own included. */
    public long memoryBytes() {
        return space.ram().usedBytes();
    }

    public Processor cpu() {
        return cpu;
    }

    public Descriptors descriptors() {
        return descriptors;
    }

    /** All files that it sees, and where it is among them. */
    public FileTree files() {
        return files;
    }

    /** Its sockets. */
    public Network network() {
        return network;
    }

    /** Lets it make sockets; before it starts. */
    public void setNetwork(Network newNetwork) {
        network = newNetwork;
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

    /**
     * A unit of work begins, in the same state as all others that are foreseen so. If {@link #isMissed} is true after a
     * {@link #run}, the program must be reset and the work be begun again: it has done nothing yet that anybody could see.
     *
     * @param onSettled runs when that cannot be any more
     */
    public void foretell(Foresight foresight, Runnable onSettled) {
        foretelling = new Foretelling(foresight, onSettled);
    }

    /** Whether it went another way than was foreseen. */
    public boolean isMissed() {
        return foretelling != null && foretelling.isMissed();
    }

    /** Whether its current thread cannot just go on behind its call. */
    boolean wantsAttention(GuestThread thread) {
        return current != thread
                || thread.replaced
                || sliceOver
                || stopAsked
                || ending != null
                || signals.hasWork(thread);
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
        return threads.all();
    }

    @Nullable
    GuestThread thread(int id) {
        return threads.get(id);
    }

    Futexes<GuestThread> futexes() {
        return futexes;
    }

    /** Counts calls that wanted another process. */
    int countRefusal() {
        return ++refusals;
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

    /**
     * A new thread with the current one's registers and 0 as the result of its call; it runs when it has its turn.
     *
     * @param stack its RSP; 0: the current one's
     * @param data base of its FS segment, a valid address, or {@link #SAME}
     * @return null when there are too many
     */
    @Nullable
    GuestThread addThread(long stack, long data) throws ErrnoException {
        if (threads.count() >= Threads.MAX) {
            return null;
        }
        cpu.settle();
        long ownStack = cpu.get(Vcpu.Register.RSP);
        long ownData = cpu.fsBase();
        cpu.set(Vcpu.Register.RSP, stack == 0 ? ownStack : stack);
        cpu.set(Vcpu.Register.RAX, 0);
        if (data != SAME) {
            cpu.setFsBase(data);
        }
        GuestThread thread = new GuestThread(threads.nextId(), cpu.newState());
        cpu.save(thread.state);
        thread.name = current().name;
        cpu.set(Vcpu.Register.RSP, ownStack);
        cpu.setFsBase(ownData);
        thread.signalMask = current().signalMask;
        threads.add(thread);
        threads.ready(thread);
        return thread;
    }

    /** The current thread ends; with the last one the program does. */
    long endThread(int code) {
        GuestThread thread = current();
        threads.remove(thread);
        if (thread.id == PID) {
            firstCode = code;
        }
        if (threads.count() == 0) {
            return end(new Stop.Exited(firstCode));
        }
        current = null;
        return 0;
    }

    /** Asks all waiting threads whether they go on; whether one does. */
    boolean look() {
        threads.look(System.nanoTime());
        return threads.anyReady();
    }

    /** sched_yield(2). */
    long yieldTurn() {
        sliceOver = true;
        return 0;
    }

    /** Writes where the kernel would ignore that it cannot. */
    void putQuietly(long address, int value) {
        try {
            space.putInt(address, value);
        } catch (GuestFault nobodyToTell) {
            statistics.lostWrites++;
        }
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
        state.cpu.begin(System.nanoTime());
        state.timers.plan(this, System.nanoTime());
        try {
            Stop stop = null;
            while (stop == null) {
                try {
                    stop = turn(signal, deadline);
                } catch (RuntimeException | AssertionError | StackOverflowError bug) {
                    stop = broken(bug);
                }
            }
            return stop;
        } finally {
            runner = null;
            if (loaded != null) {
                state.cpu.charge(loaded, System.nanoTime());
            }
            state.cpu.end();
            if (alarm != Wait.FOREVER) {
                alarm = Wait.FOREVER;
                signal.timer(0, 0);
            }
            signal.take();
        }
    }

    /** Lets a thread run until something is to be done, and does it; null: to go on. */
    private @Nullable Stop turn(ThreadSignal signal, long deadline) throws ErrnoException {
        if (ending != null) {
            return ending;
        }
        if (interrupted || (deadline != Wait.FOREVER && System.nanoTime() - deadline >= 0)) {
            interrupted = false;
            cpu.kick(false);
            return new Stop.Interrupted();
        }
        if (current == null) {
            schedule();
            if (current == null) {
                return new Stop.Idle(Math.min(threads.earliest(), state.timers.firstIdle()));
            }
        }
        setAlarm(signal, deadline);
        return step(signal);
    }

    /** A mistake of ours that a program found: it ends, and with it what it got at; the machine's thread does not. */
    private Stop broken(Throwable bug) {
        GuestThread thread = current;
        StackTraceElement[] stack = bug.getStackTrace();
        String where = stack.length == 0 ? "" : " at " + stack[0];
        String call = thread == null ? "" : " in or after " + table.name(thread.callNumber);
        Stop killed = new Stop.Killed(Signals.SIGKILL, "a bug of the machine" + call + ": " + bug + where);
        ending = killed;
        return killed;
    }

    /** Sets the timer to what comes first: the end of the run, of a wait, or of the slice. */
    private void setAlarm(ThreadSignal signal, long deadline) throws ErrnoException {
        long wanted = Math.min(deadline, state.timers.first());
        if (threads.count() > 1) {
            long slice = System.nanoTime() + SLICE_NANOS;
            wanted = Math.min(wanted, Math.min(slice, threads.earliest()));
        }
        if (wanted < alarm) {
            alarm = wanted;
            signal.timer(Math.max(1, wanted - System.nanoTime()), 0);
        }
    }

    private @Nullable Stop step(ThreadSignal signal) throws ErrnoException {
        Foretelling ahead = foretelling;
        if (ahead != null) {
            ahead.before(this, current());
            if (ahead.isMissed()) {
                return new Stop.Asked();
            }
        }
        space.tables().flush();
        Exit exit = cpu.run();
        statistics.exits++;
        if (ahead != null) {
            ahead.after(exit);
            if (ahead.isMissed()) {
                return new Stop.Asked();
            }
        }
        switch (exit) {
            case CALL -> call();
            case EXCEPTION -> exceptions.answer(current());
            case INTERRUPTED -> {
                if (signal.take()) {
                    alarm = Wait.FOREVER;
                }
                state.timers.fire(this);
                sliceOver = true;
                if (cpu.atProgram()) {
                    passOn();
                }
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
                result = answer(entry, thread);
            } catch (GuestFault badAddress) {
                result = -Errno.EFAULT;
            }
        }
        if (tracer != null) {
            tracer.call(thread, table.name(number), thread.arguments, result);
        }
        if (current != thread) {
            cpu.settle(); // or the next thread's registers would be taken for those of an exit under way
            loaded = null; // it ended, and its registers with it
        } else if (result == Wait.PENDING) {
            current = null; // its registers stay as they are: often it goes on before another thread does
            threads.waits(Objects.requireNonNull(thread.wait));
            if (signals.hasDeliverable(thread)) {
                threads.interrupt(thread);
            }
        } else if (thread.replaced) { // its registers are no longer those that made the call
            thread.replaced = false;
            passOn();
        } else if (sliceOver || signals.hasWork(thread)) {
            cpu.settle();
            cpu.set(Vcpu.Register.RAX, result);
            passOn();
        } else {
            cpu.answer(result);
        }
    }

    private long answer(CallTable.Entry entry, GuestThread thread) throws ErrnoException {
        Foretelling ahead = foretelling;
        if (ahead == null) {
            return entry.handler().call(this, thread.arguments);
        }
        long result = ahead.answer(this, entry, thread);
        if (!ahead.isUnderWay()) {
            foretelling = null;
        }
        return result;
    }

    /** The current thread goes on with its settled registers, or the next one does if its time is over. */
    private void passOn() throws ErrnoException {
        GuestThread thread = current();
        signals.deliver(thread);
        if (sliceOver) {
            sliceOver = false;
            if (threads.count() > 1) {
                threads.look(System.nanoTime());
                if (threads.anyReady()) {
                    threads.ready(thread);
                    current = null;
                }
            }
        }
    }

    /** Gives the processor to the next thread that can run, if one can. */
    private void schedule() throws ErrnoException {
        sliceOver = false;
        state.timers.fire(this);
        if (!threads.anyReady() || (alarm != Wait.FOREVER && System.nanoTime() - alarm >= 0)) {
            threads.look(System.nanoTime());
        }
        GuestThread thread = threads.takeReady();
        if (thread != null) {
            switchTo(thread);
        }
    }

    /** Asks a waiting thread's wait; whether it is over. */
    boolean pollNow(GuestThread thread) {
        Wait wait = thread.wait;
        long result = wait == null ? Wait.PENDING : wait.poll();
        if (result != Wait.PENDING) {
            threads.wake(thread, result);
        }
        return result != Wait.PENDING;
    }

    /** A signal came for a thread: if it waits, it does no more. */
    void interruptWait(GuestThread thread) {
        threads.interrupt(thread);
    }

    /** A thread's wait is over with a result. */
    public void wake(GuestThread thread, long result) {
        threads.wake(thread, result);
    }

    private void switchTo(GuestThread thread) throws ErrnoException {
        if (loaded != thread) {
            statistics.switches++;
            if (loaded != null) {
                state.cpu.charge(loaded, System.nanoTime());
                cpu.settle();
                cpu.save(loaded.state);
            }
            cpu.restore(thread.state);
            loaded = thread;
        }
        if (thread.interrupted || signals.hasWork(thread)) {
            cpu.settle();
        }
        if (thread.hasResult) {
            thread.hasResult = false;
            cpu.answer(thread.result);
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
            cpu.settle();
            cpu.save(loaded.state);
        }
        network.cutAll();
        state.clocks.freeze();
    }

    /** Becomes what a frozen program is; memory and address space are put back by others. */
    public void resetTo(Program frozen) {
        close();
        Copies copies = Copies.withFiles(frozen.files);
        descriptors = frozen.descriptors.copy(copies);
        network = copies.of(frozen.network, Network::copy);
        files = copies.of(frozen.files, FileTree::copy);
        files.show(new ShownProgram(this));
        space.limitHeld(files.kernelMemory()::hold);
        signals.takeOver(frozen.signals);
        state = frozen.state.copy();
        cpu.clock().setOffset(state.clocks.offset());
        takeThreads(frozen);
        state.renumber();
        interrupted = false;
        cpu.kick(false);
    }

    /** The same program, frozen, on another processor with a copy of its memory. */
    public Program over(AddressSpace copiedSpace, Processor otherCpu) {
        Copies copies = Copies.withFiles(files);
        Program copy =
                new Program(copiedSpace, otherCpu, table, descriptors.copy(copies), copies.of(files, FileTree::copy));
        copy.network = copies.of(network, Network::copy);
        copy.signals.takeOver(signals);
        copy.state = state.copy();
        otherCpu.clock().setOffset(state.clocks.offset());
        copy.takeThreads(this);
        copy.state.renumber();
        return copy;
    }

    /** Closes its files and gives back what they took. */
    public void close() {
        descriptors.closeAll();
        network.close();
        files.kernelMemory().close();
    }

    private void takeThreads(Program original) {
        futexes.clear();
        threads.copyFrom(original.threads, this);
        firstCode = original.firstCode;
        current = null;
        loaded = null;
        ending = null;
        stopAsked = false;
        sliceOver = false;
        foretelling = null;
    }
}
