package mayfly.machine.kvm;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.Frame;
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

    private @Nullable VirtualMachine machine;
    private @Nullable String broken;
    /** Whether the program went on since the last reset. */
    private boolean used;

    private volatile boolean cancelled;
    private volatile boolean closing;

    /**
     * @param ready is told, on the shell's thread, each time it is in its snapshot's state
     */
    Shell(String name, Kvm kvm, Snapshot snapshot, Conversation conversation, Consumer<Shell> ready) {
        this.snapshot = snapshot;
        this.conversation = conversation;
        this.ready = ready;
        thread = new MachineThread(name);
        boolean queued = thread.submit(signal -> make(kvm, signal));
        assert queued : "a new thread takes work";
    }

    private void make(Kvm kvm, ThreadSignal signal) {
        try {
            machine = snapshot.fork(kvm);
            if (conversation instanceof FrameConversation frames) {
                // a throw-away request: its pages become the machine's own now and not in the first call
                ping(frames, signal, 1_000_000_000L);
                reset();
            }
        } catch (ErrnoException | RuntimeException e) {
            broken = "the machine could not be made: " + e.getMessage();
        }
    }

    /** Runs a unit of work; the future never fails. */
    CompletableFuture<Outcome> exec(Work work) {
        cancelled = false;
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        boolean queued = thread.submit(signal -> {
            Outcome result;
            try {
                result = run(work, signal);
            } catch (ErrnoException | RuntimeException e) {
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

    /** Whether its program answers within the time. */
    CompletableFuture<Boolean> ping(long timeoutMillis) {
        CompletableFuture<Boolean> answered = new CompletableFuture<>();
        boolean queued = thread.submit(signal -> {
            boolean well = false;
            try {
                well = broken == null
                        && machine != null
                        && (!(conversation instanceof FrameConversation frames)
                                || ping(frames, signal, timeoutMillis * 1_000_000L));
            } catch (ErrnoException | RuntimeException e) {
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
            } catch (ErrnoException | RuntimeException e) {
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
    void cancel() {
        cancelled = true;
        VirtualMachine vm = machine;
        if (vm != null) {
            vm.program().interrupt();
        }
        thread.unpark();
    }

    /** Ends it for good; the future completes when nothing of it is left. */
    CompletableFuture<Void> close() {
        closing = true;
        cancel();
        CompletableFuture<Void> gone = new CompletableFuture<>();
        boolean queued = thread.submit(_ -> {
            VirtualMachine vm = machine;
            machine = null;
            broken = "the machine is gone";
            if (vm != null) {
                vm.close();
            }
            gone.complete(null);
        });
        if (!queued) {
            gone.complete(null);
        }
        thread.close();
        return gone;
    }

    boolean isClosing() {
        return closing;
    }
}
