package mayfly.machine.kvm.program;

import java.util.List;
import java.util.Objects;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.ThreadSignal;
import mayfly.linux.Vcpu;
import mayfly.machine.kvm.cpu.Exit;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.net.Network;
import org.jspecify.annotations.Nullable;

/**
 * A Linux program on a virtual processor, and the processes that it made: runs all their threads in turns, answers their
 * system calls and exceptions. What calls ask of it is the {@link GuestProcess}'s whose thread made them; while none runs, the
 * first one's. Everything but {@link #interrupt} belongs to one platform thread at a time.
 */
public final class Program {
    /** The process id of the first process. */
    public static final int PID = 2;

    /** The one user and group. */
    static final int USER = 1000;

    private static final long SLICE_NANOS = 4_000_000;

    private final Processor cpu;
    private final CallTable table;
    private Network network = Network.none();
    private final Exceptions exceptions = new Exceptions(this);
    private final Statistics statistics = new Statistics();
    final Processes processes = new Processes(this);
    final Threads threads = new Threads();
    /** Those in memory that several processes have, by physical addresses. */
    final Futexes<GuestThread> sharedFutexes = new Futexes<>();

    /** Whose call is being answered, or whose wait is asked; else the first one. */
    private GuestProcess process;

    /** The thread that has the processor; null when none can run. */
    private @Nullable GuestThread current;
    /** Whose registers the processor holds. */
    private @Nullable GuestThread loaded;

    private @Nullable Stop ending;
    private boolean stopAsked;
    private boolean again;
    /** The current thread had its time, and lets the next one run as soon as its registers are whole. */
    private boolean sliceOver;

    private final Alarm alarm = new Alarm();

    private volatile boolean interrupted;
    private volatile @Nullable ThreadSignal runner;
    private @Nullable Tracer tracer;
    private @Nullable Foretelling foretelling;

    /** Sees every system call, for people. */
    @FunctionalInterface
    public interface Tracer {
        void call(GuestThread thread, String name, long[] arguments, long result);
    }

    /** @param any until it becomes a copy */
    Program(Processor cpu, CallTable table, GuestProcess any) {
        this.cpu = cpu;
        this.table = table;
        process = any;
    }

    public Program(AddressSpace space, Processor cpu, CallTable table, Descriptors descriptors, FileTree files) {
        this.cpu = cpu;
        this.table = table;
        process = new GuestProcess(this, PID, space, descriptors, files, new ProcessState());
        processes.add(process);
    }

    /** Its first thread, which begins at an address with a stack. */
    public void start(long instruction, long stack) {
        GuestThread thread = new GuestThread(process, process.id, cpu.newState());
        thread.name = process.state.name;
        threads.add(thread);
        cpu.set(Vcpu.Register.RIP, instruction);
        cpu.set(Vcpu.Register.RSP, stack);
        cpu.set(Vcpu.Register.RFLAGS, 0);
        current = thread;
        loaded = thread;
    }

    /** The process whose call is being answered. */
    public GuestProcess process() {
        return process;
    }

    /** What follows is a process's business. */
    void enter(GuestProcess entered) {
        process = entered;
    }

    public AddressSpace space() {
        return process.space;
    }

    /** Bytes of memory that it was given at some time, the machine's own included. */
    public long memoryBytes() {
        return process.space.ram().usedBytes();
    }

    public Processor cpu() {
        return cpu;
    }

    public Descriptors descriptors() {
        return process.descriptors;
    }

    /** All files that it sees, and where it is among them. */
    public FileTree files() {
        return process.files;
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
        return process.signals;
    }

    ProcessState state() {
        return process.state;
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
        if (processes.all().size() == 1) {
            foretelling = new Foretelling(foresight, onSettled);
        } else {
            onSettled.run(); // who makes the first call is a matter of chance
        }
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
                || process.signals.hasWork(thread);
    }

    /** The thread whose call is being answered. */
    public GuestThread current() {
        GuestThread thread = current;
        if (thread == null) {
            throw new IllegalStateException("no thread is running");
        }
        return thread;
    }

    /** Of all processes. */
    public List<GuestThread> threads() {
        return threads.all();
    }

    /** Of any process. */
    @Nullable
    GuestThread thread(int id) {
        return threads.get(id);
    }

    Futexes<GuestThread> futexes() {
        return process.futexes;
    }

    /** The inode of the next anonymous file: pipes and their like. */
    long nextInode() {
        return processes.first().state.nextInode++;
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
        GuestProcess processBefore = process;
        current = thread;
        process = thread.process;
        again = true;
        try {
            return entry.handler().call(this, thread.arguments);
        } finally {
            again = false;
            current = before;
            process = processBefore;
        }
    }

    /** After the current call {@link #run} comes back with {@link Stop.Asked}. */
    public void stopAfterCall() {
        stopAsked = true;
    }

    /** The current process ends, whatever its threads do. */
    public long end(Stop how) {
        processes.end(process, how);
        return 0;
    }

    void endMachine(Stop how) {
        if (ending == null) {
            ending = how;
        }
    }

    /** The current thread ends; with the last one its process does. */
    long endThread(int code) {
        GuestThread thread = current();
        GuestProcess owner = thread.process;
        drop(thread);
        if (thread.id == owner.id) {
            owner.firstCode = code;
        }
        if (owner.threads.isEmpty()) {
            processes.end(owner, new Stop.Exited(owner.firstCode));
        }
        return 0;
    }

    /** A thread is no more, whatever it does. */
    void drop(GuestThread thread) {
        threads.remove(thread);
        if (thread.equals(current)) {
            current = null;
        }
        if (thread.equals(loaded)) {
            loaded = null; // and its registers with it
        }
    }

    /** Asks all waiting threads whether they go on; whether one does. */
    boolean look() {
        GuestProcess before = process;
        threads.look(this, System.nanoTime());
        process = before;
        return threads.anyReady();
    }

    /** sched_yield(2). */
    long yieldTurn() {
        sliceOver = true;
        return 0;
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
        threads.begin(System.nanoTime());
        processes.begin(loaded, System.nanoTime());
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
            processes.pause(loaded, System.nanoTime());
            process = processes.first();
            alarm.stop(signal);
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
                if (threads.anyReady()) {
                    return null; // the one that had its turn ended of a signal, and others heard of it
                }
                return new Stop.Idle(Math.min(threads.earliest(), processes.nextTimer(null)));
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
        long wanted = Math.min(deadline, processes.nextTimer(process));
        if (threads.count() > 1) {
            long slice = System.nanoTime() + SLICE_NANOS;
            wanted = Math.min(wanted, Math.min(slice, threads.earliest()));
        }
        alarm.set(signal, wanted);
    }

    private @Nullable Stop step(ThreadSignal signal) throws ErrnoException {
        Foretelling ahead = foretelling;
        if (ahead != null) {
            ahead.before(this, current());
            if (ahead.isMissed()) {
                return new Stop.Asked();
            }
        }
        process.space.ram().flush();
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
                    alarm.fired();
                }
                processes.fireTimers();
                sliceOver = true;
                if (current != null && cpu.atProgram()) {
                    passOn();
                }
            }
            case BROKEN -> endMachine(new Stop.Killed(Signals.SIGKILL, cpu.trouble()));
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
            if (process.signals.hasDeliverable(thread)) {
                threads.interrupt(thread);
            }
        } else if (thread.replaced) { // its registers are no longer those that made the call
            thread.replaced = false;
            passOn();
        } else if (sliceOver || process.signals.hasWork(thread)) {
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
        process.signals.deliver(thread);
        if (sliceOver && current != null) {
            sliceOver = false;
            if (threads.count() > 1) {
                if (look()) {
                    threads.ready(thread);
                    current = null;
                }
            }
        }
    }

    /** Gives the processor to the next thread that can run, if one can. */
    private void schedule() throws ErrnoException {
        sliceOver = false;
        processes.fireTimers();
        if (!threads.anyReady() || alarm.isDue()) {
            var _ = look();
        }
        GuestThread thread = threads.takeReady();
        if (thread != null) {
            switchTo(thread);
        }
    }

    /** Asks a waiting thread's wait; whether it is over. */
    boolean pollNow(GuestThread thread) {
        GuestProcess before = process;
        process = thread.process;
        Wait wait = thread.wait;
        long result = wait == null ? Wait.PENDING : wait.poll();
        process = before;
        if (result != Wait.PENDING) {
            threads.wake(thread, result);
        }
        return result != Wait.PENDING;
    }

    /** A thread's wait is over with a result. */
    public void wake(GuestThread thread, long result) {
        threads.wake(thread, result);
    }

    private void switchTo(GuestThread thread) throws ErrnoException {
        if (loaded != thread) {
            statistics.switches++;
            processes.charge(loaded, thread, System.nanoTime());
            cpu.settle();
            if (loaded != null) {
                cpu.save(loaded.state);
            }
            cpu.restore(thread.state);
            loaded = thread;
        }
        process = thread.process;
        if (thread.interrupted || process.signals.hasWork(thread)) {
            cpu.settle();
        }
        if (thread.hasResult) {
            thread.hasResult = false;
            cpu.answer(thread.result);
        }
        current = thread;
        process.signals.deliver(thread);
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
        process.state.clocks.freeze();
    }

    /** It was given other processes: nothing of those before is under way. */
    void begin(Network itsNetwork) {
        network = itsNetwork;
        current = null;
        loaded = null;
        ending = null;
        stopAsked = false;
        sliceOver = false;
        foretelling = null;
        interrupted = false;
        cpu.kick(false);
    }

    /** Closes the files of all processes and gives back what they took. */
    public void close() {
        for (GuestProcess each : processes.all()) {
            each.descriptors.closeAll();
        }
        network.close();
        process.files.kernelMemory().close();
    }
}
