package mayfly.machine.kvm;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.Frame;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import mayfly.machine.kvm.program.Stop;
import org.jspecify.annotations.Nullable;

/**
 * A forked virtual machine with its thread, used by one {@link KvmMachine} after the other and put back to its snapshot
 * in between. State belongs to its thread; the methods may be called from any.
 */
final class Shell {
    private final Snapshot snapshot;
    private final Conversation conversation;
    private final Consumer<Shell> ready;
    private final MachineThread thread;

    /** Set by the shell's thread, under the lock: others interrupt it, and must not while it is closed. */
    private @Nullable VirtualMachine machine;

    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable String broken;
    /** Whether the program went on since the last reset. */
    private boolean used;

    private volatile boolean cancelled;
    private volatile boolean closing;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    /**
     * @param ready is told, on the shell's thread, each time it is in its snapshot's state
     */
    Shell(String name, Kvm kvm, Snapshot snapshot, Conversation conversation, Consumer<Shell> ready)
            throws MachineException {
        this.snapshot = snapshot;
        this.conversation = conversation;
        this.ready = ready;
        thread = MachineThread.start(name);
        boolean queued = thread.submit(signal -> make(kvm, signal));
        assert queued : "a new thread takes work";
    }

    private void make(Kvm kvm, ThreadSignal signal) {
        try {
            setMachine(snapshot.fork(kvm));
            if (conversation instanceof FrameConversation frames) {
                // a throw-away request: its pages become the machine's own now and not in the first call
                ping(frames, signal, 1_000_000_000L);
                reset();
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

    /** Runs a unit of work; the future never fails. Not while another caller may {@link #recycle}. */
    CompletableFuture<Outcome> exec(Work work) {
        cancelled = false;
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        boolean queued = thread.submit(signal -> {
            Outcome result;
            try {
                result = run(work, signal);
            } catch (ErrnoException | RuntimeException | Error e) {
                broken = "the virtual machine failed: " + e.getMessage();
                result = new Outcome.Crashed(broken);
            }
            outcome.complete(result);
        });
        if (!queued) {
            outcome.complete(new Outcome.NotStarted("the machine is gone"));
        }
        return outcome;
    }

    private Outcome run(Work work, ThreadSignal signal) throws ErrnoException {
        VirtualMachine vm = machine;
        if (vm == null || broken != null) {
            return new Outcome.NotStarted(broken == null ? "the machine is gone" : broken);
        }
        if (cancelled || closing) {
            return new Outcome.NotStarted("the machine was closed");
        }
        used = true;
        long deadline = System.nanoTime() + work.timeout().toNanos();
        conversation.begin(vm.program().descriptors(), work, vm.program()::stopAfterCall);
        return converse(vm, signal, deadline);
    }

    private Outcome converse(VirtualMachine vm, ThreadSignal signal, long deadline) throws ErrnoException {
        while (true) {
            Stop stop = vm.run(signal, deadline);
            Outcome outcome = conversation.outcome();
            if (outcome != null) {
                return outcome;
            }
            if (cancelled || closing) {
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
     * Whether its program answers within the time.
     *
     * @param andReset put it back to its snapshot afterwards: answering changes it
     */
    CompletableFuture<Boolean> ping(long timeoutMillis, boolean andReset) {
        CompletableFuture<Boolean> answered = new CompletableFuture<>();
        boolean queued = thread.submit(signal -> {
            boolean well = false;
            try {
                well = broken == null
                        && machine != null
                        && (!(conversation instanceof FrameConversation frames)
                                || ping(frames, signal, timeoutMillis * 1_000_000L));
                if (andReset && broken == null) {
                    reset();
                }
            } catch (ErrnoException | RuntimeException | Error e) {
                broken = "the virtual machine failed: " + e.getMessage();
            }
            answered.complete(well);
        });
        if (!queued) {
            answered.complete(false);
        }
        return answered;
    }

    private boolean ping(FrameConversation frames, ThreadSignal signal, long nanos) throws ErrnoException {
        VirtualMachine vm = machine;
        if (vm == null) {
            return false;
        }
        used = true;
        frames.ask(vm.program().descriptors(), Frame.PING, vm.program()::stopAfterCall);
        converse(vm, signal, System.nanoTime() + nanos);
        return frames.pinged();
    }

    /** Puts the machine back to its snapshot and says that it is ready; soon, and not in the caller's time. */
    void recycle() {
        cancel();
        boolean queued = thread.submit(_ -> {
            try {
                if (broken == null) {
                    reset();
                }
            } catch (ErrnoException | RuntimeException | Error e) {
                broken = "the machine could not be reset: " + e.getMessage();
            }
            ready.accept(this);
        });
        assert queued || closing : "only a closed thread takes no work";
    }

    private void reset() throws ErrnoException {
        VirtualMachine vm = machine;
        if (vm != null && used) {
            int pages = vm.reset();
            assert pages >= 0;
            used = false;
            if (vm.isWorn()) {
                broken = "earlier work used up its page tables";
            }
        }
    }

    boolean isBroken() {
        return broken != null;
    }

    /** Ends the unit of work under way. */
    private void cancel() {
        cancelled = true;
        lock.lock();
        try {
            if (machine != null) {
                machine.program().interrupt();
            }
        } finally {
            lock.unlock();
        }
        thread.unpark();
    }

    /** Ends it for good; the future, the same for every caller, completes when nothing of it is left. */
    CompletableFuture<Void> close() {
        closing = true;
        cancel();
        boolean queued = thread.submit(_ -> {
            try {
                VirtualMachine vm = machine;
                setMachine(null);
                broken = "the machine is gone";
                if (vm != null) {
                    vm.close();
                }
            } finally {
                gone.complete(null);
            }
        });
        assert queued || closing : "only a closed thread takes no work";
        thread.close();
        return gone;
    }
}
