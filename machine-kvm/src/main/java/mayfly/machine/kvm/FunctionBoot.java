package mayfly.machine.kvm;

import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentRequest;
import mayfly.machine.GuestError;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.WaitingPoint;
import org.jspecify.annotations.Nullable;

/** A function's agent, with the function's code loaded, waits for its first call. */
final class FunctionBoot extends Boot {
    private final Kvm kvm;
    private final TemplateSpec spec;
    private final GuestPlan plan;
    private final HostView view;
    private final FrameConversation frames = new FrameConversation();

    FunctionBoot(Kvm kvm, TemplateSpec spec, GuestPlan plan, HostView view) {
        super(spec.name(), spec.initTimeout(), view);
        this.kvm = kvm;
        this.spec = spec;
        this.plan = plan;
        this.view = view;
    }

    @Override
    VirtualMachine load() throws ErrnoException, BadProgramException {
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
        return plan.boot(kvm, view, descriptors);
    }

    @Override
    @Nullable
    GuestError bring(VirtualMachine machine, ThreadSignal signal) throws ErrnoException {
        Stop stop = untilItWaits(machine, signal);
        if (stop instanceof Stop.Idle && plan.frames()) {
            frames.ask(
                    machine.program().descriptors(),
                    AgentRequest.init(spec, GuestPlan.CODE, spec.memoryBytes() / 2),
                    machine.program()::stopAfterCall);
            stop = untilItWaits(machine, signal);
            AgentAnswer said = frames.said();
            if (said != null && !(said instanceof AgentAnswer.Ready)) {
                return refusal(said);
            }
            if (said == null && stop instanceof Stop.Idle) {
                return error("InitTimeout", "loading the code waits for something that does not come");
            }
        }
        return stop instanceof Stop.Idle ? null : ended(stop);
    }

    @Override
    boolean waitsForWork(VirtualMachine machine) {
        int fd = plan.frames() ? FrameConversation.CHANNEL : 0;
        return WaitingPoint.isRead(machine.program(), fd);
    }

    private static GuestError refusal(AgentAnswer said) {
        return said instanceof AgentAnswer.Failed(GuestError error, long _)
                ? error
                : new GuestError("ProtocolError", "the program does not speak the work channel's protocol", "", "", 0);
    }
}
