package mayfly.machine.kvm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import mayfly.linux.ErrnoException;
import mayfly.linux.SocketPoll;
import mayfly.linux.ThreadSignal;
import mayfly.machine.GuestError;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.net.Network;
import mayfly.machine.kvm.program.Stop;
import org.jspecify.annotations.Nullable;

/** Brings a program to the point where it waits for its first work, and freezes it there. */
abstract class Boot {
    private static final int OUTPUT_BYTES_MAX = 16 << 10;

    private final String name;
    private final Duration timeout;
    private final HostView view;
    private final long deadline;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    /** @param view is recorded until the program is frozen */
    Boot(String name, Duration timeout, HostView view) {
        this.name = name;
        this.timeout = timeout;
        this.view = view;
        deadline = System.nanoTime() + timeout.toNanos();
    }

    /** A machine with the program loaded, not started. */
    abstract VirtualMachine load() throws ErrnoException, BadProgramException;

    /** Runs it to its waiting point; null: it is there. */
    abstract @Nullable GuestError bring(VirtualMachine machine, ThreadSignal signal) throws ErrnoException;

    /** Whether it is where work comes in, whatever timers it has. */
    abstract boolean waitsForWork(VirtualMachine machine);

    /** What a boot gave. */
    private sealed interface Result {
        record Frozen(Snapshot snapshot) implements Result {}

        record Refused(GuestError error) implements Result {}

        record Failed(MachineException reason) implements Result {}
    }

    /** Does it on a thread of its own; blocks the calling one. */
    Snapshot run() throws InitFailedException, MachineException {
        CompletableFuture<Result> result = new CompletableFuture<>();
        MachineThread thread = MachineThread.start("boot-" + name);
        boolean queued = thread.submit(signal -> {
            try {
                result.complete(boot(signal));
            } catch (ErrnoException | RuntimeException | Error e) {
                result.complete(
                        new Result.Failed(new MachineException(name + ": no virtual machine: " + e.getMessage(), e)));
            }
        });
        assert queued : "a new thread takes work";
        thread.close();
        return switch (result.join()) {
            case Result.Frozen(var snapshot) -> snapshot;
            case Result.Refused(var error) -> throw new InitFailedException(error);
            case Result.Failed(var reason) -> throw reason;
        };
    }

    private Result boot(ThreadSignal signal) throws ErrnoException {
        VirtualMachine machine;
        try {
            machine = load();
        } catch (BadProgramException e) {
            return new Result.Refused(new GuestError("ProgramInvalid", String.valueOf(e.getMessage()), "", "", 0));
        }
        boolean frozen = false;
        try {
            GuestError refused = bring(machine, signal);
            if (refused != null) {
                return new Result.Refused(refused);
            }
            Snapshot snapshot = machine.freeze();
            view.stopRecording();
            frozen = true;
            return new Result.Frozen(snapshot);
        } finally {
            if (!frozen) {
                machine.close();
            }
        }
    }

    /** Takes what the program prints. */
    final void said(byte[] bytes, int count) {
        output.write(bytes, 0, Math.min(count, Math.max(0, OUTPUT_BYTES_MAX - output.size())));
    }

    /** Runs until every thread waits for good or for work, the program ended, or the time is up. */
    final Stop untilItWaits(VirtualMachine machine, ThreadSignal signal) throws ErrnoException {
        try (SocketPoll poll = SocketPoll.open()) {
            return untilItWaits(machine, signal, poll);
        }
    }

    private Stop untilItWaits(VirtualMachine machine, ThreadSignal signal, SocketPoll poll) throws ErrnoException {
        while (true) {
            Stop stop = machine.run(signal, deadline);
            switch (stop) {
                case Stop.Exited _, Stop.Killed _ -> {
                    return stop;
                }
                case Stop.Idle(long next) -> {
                    Network network = machine.program().network();
                    boolean waits = waitsForWork(machine);
                    if (waits || (next - deadline > 0 && !network.hasConnections())) {
                        return stop;
                    }
                    network.await(poll, Math.min(next, deadline) - System.nanoTime());
                }
                case Stop.Interrupted _, Stop.Asked _ -> {}
            }
            if (System.nanoTime() - deadline >= 0) {
                return new Stop.Interrupted();
            }
        }
    }

    /** Why a program that stopped so is not at its waiting point. */
    final GuestError ended(Stop stop) {
        return switch (stop) {
            case Stop.Exited(int code) ->
                error("InitCrashed", "the program exited with status " + code + " before it was ready");
            case Stop.Killed(int signal, String reason) ->
                error("InitCrashed", "the program was killed by signal " + signal + ": " + reason);
            case Stop.Idle _, Stop.Interrupted _, Stop.Asked _ ->
                error("InitTimeout", "starting took longer than " + timeout.toMillis() + " ms");
        };
    }

    /** An error that shows what the program printed: the best hint there is. */
    final GuestError error(String type, String message) {
        return new GuestError(type, message, output.toString(StandardCharsets.UTF_8), "", 0);
    }
}
