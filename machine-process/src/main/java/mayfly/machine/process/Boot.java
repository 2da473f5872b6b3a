package mayfly.machine.process;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import mayfly.linux.DirectoryFd;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentRequest;
import mayfly.machine.GuestError;
import mayfly.machine.GuestRuntime;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.TemplateSpec;

/** Brings the sandbox of a function up to its waiting point, or explains why that cannot be. */
final class Boot {
    private final ProcessHost host;
    private final TemplateSpec spec;
    private final SupervisedSpec plan;
    private final Startup startup;

    Boot(ProcessHost host, TemplateSpec spec, SupervisedSpec plan) {
        this.host = host;
        this.spec = spec;
        this.plan = plan;
        this.startup = new Startup(host, spec.name(), spec.initTimeout());
    }

    SandboxTemplate run() throws InitFailedException, MachineException {
        requireProgram();
        return startup.run(plan, directory -> {
            SocketChannel first = startup.firstConnection(directory)
                    .orElseThrow(() -> startup.failed("the agent did not start: " + startup.ending()));
            return spec.runtime() == GuestRuntime.PYTHON3 ? zygote(first, directory) : executed(first, directory);
        });
    }

    private void requireProgram() throws InitFailedException {
        if (spec.runtime() == GuestRuntime.NATIVE
                && !Files.isExecutable(spec.code().resolve(SandboxPlan.PROGRAM))) {
            throw new InitFailedException(new GuestError(
                    "HandlerMissing",
                    "the code has no executable file '" + SandboxPlan.PROGRAM + "'",
                    "",
                    SandboxPlan.PROGRAM,
                    0));
        }
    }

    private SandboxTemplate zygote(SocketChannel socket, DirectoryFd directory) throws InitFailedException {
        var control = new ControlChannel(new WorkChannel(socket, host.buffers()), host.deadlines());
        AgentAnswer answer = control.init(
                AgentRequest.init(spec, SandboxPlan.CODE, SandboxPlan.tmpBytes(spec)), startup.millisLeft());
        if (!(answer instanceof AgentAnswer.Ready)) {
            control.close();
            throw refused(answer, control.isSilent());
        }
        var template = new ProcessTemplate(host, spec, startup.name(), directory, control);
        template.forkAhead();
        return template;
    }

    /** The program of the first connection shows whether the code loads, and then waits for the first call. */
    private SandboxTemplate executed(SocketChannel socket, DirectoryFd directory) throws InitFailedException {
        var template = new ProcessTemplate(host, spec, startup.name(), directory, null);
        ProcessMachine first;
        try {
            first = template.machine(socket);
        } catch (IOException e) {
            throw refused(new AgentAnswer.Malformed("INIT could not be sent: " + e.getMessage()), false);
        }
        AgentAnswer answer = first.awaitReady(startup.millisLeft());
        if (!(answer instanceof AgentAnswer.Ready)) {
            first.abandon();
            throw refused(answer, first.hasTimedOut());
        }
        template.keep(first);
        return template;
    }

    private InitFailedException refused(AgentAnswer answer, boolean timedOut) {
        if (answer instanceof AgentAnswer.Failed(GuestError error, long _)) {
            return new InitFailedException(error);
        }
        if (timedOut) {
            return startup.refused(
                    "InitTimeout",
                    "loading the code took longer than " + spec.initTimeout().toMillis() + " ms");
        }
        String how =
                answer instanceof AgentAnswer.Exited exited ? Ending.of(exited, spec.memoryBytes()) : startup.ending();
        return startup.refused("InitCrashed", "the process ended while it loaded the code: " + how);
    }
}
