package mayfly.machine.kvm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentRequest;
import mayfly.machine.GuestError;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.WaitingPoint;

/** Brings a function's program to the point where it waits for its first call, and freezes it there. */
final class Boot {
    private static final int OUTPUT_BYTES_MAX = 16 << 10;

    private final Kvm kvm;
    private final TemplateSpec spec;
    private final GuestPlan plan;
    private final HostView view;
    private final long deadline;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final FrameConversation frames = new FrameConversation();

    Boot(Kvm kvm, TemplateSpec spec, GuestPlan plan, HostView view) {
        this.view = view;
        this.kvm = kvm;
        this.spec = spec;
        this.plan = plan;
        deadline = System.nanoTime() + spec.initTimeout().toNanos();
    }

    /** What a boot gave. */
    private sealed interface Result {
        record Frozen(Snapshot snapshot) implements Result {}

        record Refused(GuestError error) implements Result {}

        record Failed(MachineException reason) implements Result {}
    }

    /** Does it on a thread of its own; blocks the calling one. */
    Snapshot run() throws InitFailedException, MachineException {
        CompletableFuture<Result> result = new CompletableFuture<>();
        MachineThread thread = MachineThread.start("boot-" + spec.name());
        boolean queued = thread.submit(signal -> {
            try {
                result.complete(boot(signal));
            } catch (ErrnoException | RuntimeException | Error e) {
                result.complete(new Result.Failed(
                        new MachineException(spec.name() + ": no virtual machine: " + e.getMessage(), e)));
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
            machine = plan.boot(kvm, view, descriptors());
        } catch (BadProgramException e) {
            return new Result.Refused(new GuestError("ProgramInvalid", String.valueOf(e.getMessage()), "", "", 0));
        }
        boolean frozen = false;
        try {
            Stop stop = untilItWaits(machine, signal);
            if (stop instanceof Stop.Idle && plan.frames()) {
                Descriptors descriptors = machine.program().descriptors();
                frames.ask(
                        descriptors,
                        AgentRequest.init(spec, GuestPlan.CODE, spec.memoryBytes() / 2),
                        machine.program()::stopAfterCall);
                stop = untilItWaits(machine, signal);
                AgentAnswer said = frames.said();
                if (said != null && !(said instanceof AgentAnswer.Ready)) {
                    return new Result.Refused(refusal(said));
                }
                if (said == null && stop instanceof Stop.Idle) {
                    return new Result.Refused(new GuestError(
                            "InitTimeout", "loading the code waits for something that does not come", text(), "", 0));
                }
            }
            if (!(stop instanceof Stop.Idle)) {
                return new Result.Refused(ended(stop));
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

    private Descriptors descriptors() {
        Descriptors descriptors = new Descriptors();
        Channel input = new Channel((_, _) -> {}, OpenFile.READ_ONLY);
        descriptors.set(0, input, false);
        for (int fd = 1; fd <= 2; fd++) {
            descriptors.set(fd, new Channel(this::said, OpenFile.WRITE_ONLY), false);
        }
        if (plan.frames()) {
            input.end();
            descriptors.set(FrameConversation.CHANNEL, new Channel((_, _) -> {}), false);
        }
        return descriptors;
    }

    private void said(byte[] bytes, int count) {
        output.write(bytes, 0, Math.min(count, Math.max(0, OUTPUT_BYTES_MAX - output.size())));
    }

    /** Runs until every thread waits for good, the program ended, or the time is up. */
    private Stop untilItWaits(VirtualMachine machine, ThreadSignal signal) throws ErrnoException {
        while (true) {
            Stop stop = machine.run(signal, deadline);
            switch (stop) {
                case Stop.Exited _, Stop.Killed _ -> {
                    return stop;
                }
                case Stop.Idle(long next) -> {
                    if (next - deadline > 0 || waitsForWork(machine)) {
                        return stop;
                    }
                    LockSupport.parkNanos(next - System.nanoTime());
                }
                case Stop.Interrupted _, Stop.Asked _ -> {}
            }
            if (System.nanoTime() - deadline >= 0) {
                return new Stop.Interrupted();
            }
        }
    }

    /** Whether its first thread is where the next call comes in, whatever timers other threads have. */
    private boolean waitsForWork(VirtualMachine machine) {
        int fd = plan.frames() ? FrameConversation.CHANNEL : 0;
        return WaitingPoint.isRead(machine.program(), fd);
    }

    private static GuestError refusal(AgentAnswer said) {
        return said instanceof AgentAnswer.Failed(GuestError error, long _)
                ? error
                : new GuestError("ProtocolError", "the program does not speak the work channel's protocol", "", "", 0);
    }

    private GuestError ended(Stop stop) {
        return switch (stop) {
            case Stop.Exited(int code) ->
                new GuestError(
                        "InitCrashed",
                        "the program exited with status " + code + " before it was ready",
                        text(),
                        "",
                        0);
            case Stop.Killed(int signal, String reason) ->
                new GuestError(
                        "InitCrashed", "the program was killed by signal " + signal + ": " + reason, text(), "", 0);
            case Stop.Idle _, Stop.Interrupted _, Stop.Asked _ ->
                new GuestError(
                        "InitTimeout",
                        "loading the code took longer than "
                                + spec.initTimeout().toMillis() + " ms",
                        text(),
                        "",
                        0);
        };
    }

    /** What it printed: the best hint there is. */
    private String text() {
        return output.toString(StandardCharsets.UTF_8);
    }
}
