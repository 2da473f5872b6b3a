package mayfly.machine.kvm;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Pagemap;
import mayfly.linux.ThreadSignal;
import mayfly.machine.Connection;
import mayfly.machine.Frame;
import mayfly.machine.LogSink;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Reset;
import mayfly.machine.Served;
import mayfly.machine.Work;
import mayfly.machine.kvm.program.Stop;
import org.jspecify.annotations.Nullable;

/**
 * A forked virtual machine with its thread, used in one lease after the other and put back to its snapshot in between. What
 * it is asked to do is done in order on its thread: a lease may begin while the reset after the one before is under way.
 * State belongs to the thread; the methods may be called from any.
 */
final class Shell {
    /** The lease of what a shell does for itself. */
    private static final long OWN = Long.MAX_VALUE;

    private final Kvm kvm;
    private final Snapshot snapshot;
    private final Conversation conversation;
    private final Consumer<Reset> resets; // is told of those after leases
    private final MachineThread thread;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final AtomicLong leases = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock(); // guards machine's change and running
    private @Nullable VirtualMachine machine;
    /** The lease whose work the machine does; 0: none, and it must not be interrupted. */
    private long running;

    private volatile @Nullable String broken;
    /** This lease and those before it are over. */
    private volatile long over;

    private volatile boolean closing;
    /** A reset was asked for and is not done. */
    private volatile boolean resetting;
    /** Whether the program went on since the last reset. */
    private boolean used;

    private int pages; // that the last reset put back

    private final boolean hurried;

    /** @param hurried a call waits for it: it does not try itself out before */
    Shell(String name, Kvm kvm, Snapshot snapshot, Conversation conversation, Consumer<Reset> resets, boolean hurried)
            throws MachineException {
        this.hurried = hurried;
        this.resets = resets;
        this.kvm = kvm;
        this.snapshot = snapshot;
        this.conversation = conversation;
        thread = MachineThread.start(name);
        boolean queued = thread.submit(this::make);
        assert queued : "a new thread takes work";
    }

    private void make(ThreadSignal signal) {
        try {
            setMachine(snapshot.fork(kvm));
            used = false;
            if (!hurried && conversation instanceof FrameConversation frames) {
                // a throw-away request: its pages become the machine's own now and not in the first call
                var _ = ping(OWN, frames, signal, 1_000_000_000L);
                var _ = reset();
            }
            if (!hurried && conversation instanceof ConnectionConversation server) {
                used = true;
                server.warm(Objects.requireNonNull(machine), signal);
                var _ = reset();
            }
        } catch (ErrnoException | RuntimeException | Error e) {
            broken = "the machine could not be made: " + e.getMessage();
        }
    }

    private void setMachine(@Nullable VirtualMachine vm) {
        lock.lock();
        try {
            machine = vm;
        } finally {
            lock.unlock();
        }
    }

    /** A new lease's number, to be said with all that is asked in it. The one before is over. */
    long lease() {
        return leases.incrementAndGet();
    }

    /** Whether it cannot be used any more. */
    boolean isBroken() {
        return broken != null;
    }

    /** Whether a lease could begin without waiting for the reset of the last one. */
    boolean isAtRest() {
        return !resetting;
    }

    /**
     * Runs a unit of work; the future never fails.
     *
     * @param last the lease asks for nothing more: the machine is reset when the future has completed
     */
    CompletableFuture<Outcome> exec(long lease, Work work, boolean last) {
        resetting |= last;
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        boolean queued = thread.submit(signal -> {
            Outcome result;
            try {
                result = run(lease, work, signal);
            } catch (ErrnoException | RuntimeException | Error e) {
                broken = "the virtual machine failed: " + e.getMessage();
                result = new Outcome.Crashed(broken);
            }
            outcome.complete(result);
            if (last) {
                tidy(signal);
            }
        });
        if (!queued) {
            outcome.complete(new Outcome.NotStarted("the machine is gone"));
        }
        return outcome;
    }

    private Outcome run(long lease, Work work, ThreadSignal signal) throws ErrnoException {
        VirtualMachine vm = machine;
        if (vm == null || broken != null) {
            return new Outcome.NotStarted(broken == null ? "the machine is gone" : broken);
        }
        if (!begin(lease)) {
            return new Outcome.NotStarted("the machine was closed");
        }
        try {
            long deadline = System.nanoTime() + work.timeout().toNanos();
            if (!conversation.begin(vm.program().descriptors(), work, vm.program()::stopAfterCall)) {
                return new Outcome.NotStarted("the machine serves connections only");
            }
            return converse(lease, vm, signal, deadline);
        } finally {
            end();
        }
    }

    private boolean isOver(long lease) {
        return lease <= over || closing;
    }

    /** From here to {@link #end} others may interrupt it. */
    private boolean begin(long lease) {
        lock.lock();
        try {
            if (isOver(lease)) {
                return false;
            }
            used = true;
            running = lease;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            running = 0;
        } finally {
            lock.unlock();
        }
    }

    private Outcome converse(long lease, VirtualMachine vm, ThreadSignal signal, long deadline) throws ErrnoException {
        while (true) {
            Stop stop = vm.run(signal, deadline);
            Outcome outcome = conversation.outcome();
            if (outcome != null) {
                return outcome;
            }
            if (isOver(lease)) {
                return new Outcome.Crashed("the machine was closed");
            }
            switch (stop) {
                case Stop.Exited(int code) -> {
                    return conversation.exited(code);
                }
                case Stop.Killed(int number, String reason) -> {
                    return new Outcome.Crashed("was killed by signal " + number + ": " + reason);
                }
                case Stop.Idle(long next) -> LockSupport.parkNanos(Math.min(deadline, next) - System.nanoTime());
                case Stop.Interrupted _, Stop.Asked _ -> {}
            }
            if (System.nanoTime() - deadline >= 0) {
                return new Outcome.TimedOut();
            }
        }
    }

    /**
     * Lets the program serve a connection, the lease's last request; the future never fails. The connection is closed when it
     * has completed, unless it never reached the machine.
     */
    CompletableFuture<Served> serve(long lease, Connection connection, Duration limit, LogSink logs) {
        resetting = true;
        CompletableFuture<Served> served = new CompletableFuture<>();
        boolean queued = thread.submit(signal -> {
            Served result;
            try {
                result = attend(lease, connection, limit, logs, signal);
            } catch (ErrnoException | RuntimeException | Error e) {
                broken = "the virtual machine failed: " + e.getMessage();
                result = new Served(Served.End.CRASHED, broken, 0, 0);
            }
            if (result.end() != Served.End.NOT_STARTED) {
                connection.close();
            }
            served.complete(result);
            tidy(signal);
        });
        if (!queued) {
            served.complete(Served.notStarted("the machine is gone"));
        }
        return served;
    }

    private Served attend(long lease, Connection connection, Duration limit, LogSink logs, ThreadSignal signal)
            throws ErrnoException {
        VirtualMachine vm = machine;
        if (vm == null || broken != null || !(conversation instanceof ConnectionConversation server)) {
            return Served.notStarted(broken == null ? "the machine serves no connections" : broken);
        }
        if (!begin(lease)) {
            return Served.notStarted("the machine was closed");
        }
        try {
            long deadline = System.nanoTime() + limit.toNanos();
            return server.serve(vm, signal, connection, deadline, logs, () -> isOver(lease));
        } finally {
            end();
        }
    }

    /**
     * Whether its program answers within the time.
     *
     * @param last as for {@link #exec}: answering changes the program
     */
    CompletableFuture<Boolean> ping(long lease, long timeoutMillis, boolean last) {
        resetting |= last;
        CompletableFuture<Boolean> answered = new CompletableFuture<>();
        boolean queued = thread.submit(signal -> {
            boolean well = false;
            try {
                well = broken == null
                        && machine != null
                        && (!(conversation instanceof FrameConversation frames)
                                || ping(lease, frames, signal, timeoutMillis * 1_000_000L));
            } catch (ErrnoException | RuntimeException | Error e) {
                broken = "the virtual machine failed: " + e.getMessage();
            }
            if (last) {
                tidy(signal);
            }
            answered.complete(well);
        });
        if (!queued) {
            answered.complete(false);
        }
        return answered;
    }

    private boolean ping(long lease, FrameConversation frames, ThreadSignal signal, long nanos) throws ErrnoException {
        VirtualMachine vm = machine;
        if (vm == null || !begin(lease)) {
            return false;
        }
        try {
            frames.ask(vm.program().descriptors(), Frame.PING, vm.program()::stopAfterCall);
            var _ = converse(lease, vm, signal, System.nanoTime() + nanos);
            return frames.pinged();
        } finally {
            end();
        }
    }

    /**
     * A lease is over: what it asked for and is still under way ends. The next one finds the snapshot's state.
     *
     * @param reset whether its last request was none that says "last"
     */
    void giveBack(long lease, boolean reset) {
        over = lease;
        interrupt(lease);
        if (reset) {
            resetting = true;
            boolean queued = thread.submit(this::tidy);
            assert queued || closing : "only a closed thread takes no work";
        }
    }

    /** Puts the machine back; if that cannot be, the next lease, which may have begun, finds another one. */
    private void tidy(ThreadSignal signal) {
        boolean well = false;
        try {
            boolean tells = used && broken == null && machine != null;
            long begin = System.nanoTime();
            well = broken == null && reset();
            if (tells) {
                resets.accept(new Reset(System.nanoTime() - begin, pages));
            }
        } catch (ErrnoException | RuntimeException | Error e) {
            broken = "the machine could not be reset: " + e.getMessage();
        }
        VirtualMachine vm = machine;
        if (!well && vm != null && !closing) {
            setMachine(null);
            vm.close();
            broken = null;
            make(signal);
        }
        resetting = false;
    }

    /** False: it should not be used again. */
    private boolean reset() throws ErrnoException {
        VirtualMachine vm = machine;
        if (vm != null && used) {
            pages = vm.reset();
            assert pages >= 0;
            used = false;
            return !vm.isWorn();
        }
        return true;
    }

    /** What the machine has for itself alone now; 0 while there is none. */
    long privateBytes(Pagemap pagemap) throws ErrnoException {
        lock.lock(); // its memory stays while it is looked at
        try {
            return machine == null ? 0 : machine.program().space().ram().privateBytes(pagemap);
        } finally {
            lock.unlock();
        }
    }

    /** Ends the unit of work under way, if it is of this lease. */
    private void interrupt(long lease) {
        lock.lock();
        try {
            if (machine != null && running != 0 && running <= lease) {
                machine.program().interrupt();
            }
        } finally {
            lock.unlock();
        }
        thread.unpark();
        conversation.wake();
    }

    /** Ends it for good; the future, the same for every caller, completes when nothing of it is left. */
    CompletableFuture<Void> close() {
        closing = true;
        interrupt(OWN);
        boolean queued = thread.submit(_ -> {
            try {
                VirtualMachine vm = machine;
                setMachine(null);
                broken = "the machine is gone";
                if (vm != null) {
                    vm.close();
                }
            } finally {
                conversation.close();
                gone.complete(null);
            }
        });
        assert queued || closing : "only a closed thread takes no work";
        thread.close();
        return gone;
    }
}
