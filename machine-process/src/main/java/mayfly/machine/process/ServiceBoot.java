package mayfly.machine.process;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import mayfly.linux.DirectoryFd;
import mayfly.machine.AgentAnswer;
import mayfly.machine.GuestError;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.ServiceSpec;

/** Brings a server to where it waits for its first connection, or explains why that cannot be. */
final class ServiceBoot {
    private final ProcessHost host;
    private final ServiceSpec spec;
    private final Path agents;
    private final Startup startup;

    ServiceBoot(ProcessHost host, ServiceSpec spec, Path agents) {
        this.host = host;
        this.spec = spec;
        this.agents = agents;
        this.startup = new Startup(host, spec.name(), spec.initTimeout());
    }

    SandboxTemplate run() throws InitFailedException, MachineException {
        if (!spec.reach().destinations().isEmpty()) {
            throw new MachineException(
                    spec.name() + ": allow_connect: servers in processes open no connections; virtual machines do");
        }
        if (!spec.reach().volumes().isEmpty()) {
            throw new MachineException(
                    spec.name() + ": volumes: servers in processes change no directories; virtual machines do");
        }
        ServerProgram program = ServerProgram.of(spec.program());
        return startup.run(ServicePlan.of(spec, program, agents), this::await);
    }

    private SandboxTemplate await(DirectoryFd directory) throws InitFailedException, MachineException {
        Optional<SocketChannel> first = startup.firstConnection(directory);
        if (first.isEmpty()) {
            throw refused(new AgentAnswer.Malformed("it ended before we connected"), false);
        }
        var control = new ControlChannel(new WorkChannel(first.get(), host.buffers()), host.deadlines());
        AgentAnswer answer;
        try {
            HookHello.CONTROL.send(first.get(), 0);
            answer = control.await(startup.millisLeft());
        } catch (IOException e) {
            answer = new AgentAnswer.Malformed("it hung up");
        }
        if (!(answer instanceof AgentAnswer.Ready)) {
            boolean silent = control.isSilent();
            control.close();
            throw refused(answer, silent);
        }
        var template = new ServiceTemplate(host, spec, startup.name(), directory, control);
        template.forkAhead();
        return template;
    }

    private InitFailedException refused(AgentAnswer answer, boolean timedOut) {
        GuestError error = switch (answer) {
            case AgentAnswer.Failed(GuestError said, long _) -> said;
            case AgentAnswer.Malformed _,
                    AgentAnswer.Exited _,
                    AgentAnswer.Ok _,
                    AgentAnswer.Ready _,
                    AgentAnswer.Refused _
            when timedOut ->
                new GuestError(
                        "InitTimeout",
                        "the program did not wait for a connection within "
                                + spec.initTimeout().toMillis() + " ms: either it listens nowhere, or it waits past"
                                + " libc, where it cannot be forked",
                        "",
                        "",
                        0);
            case AgentAnswer.Malformed _,
                    AgentAnswer.Exited _,
                    AgentAnswer.Ok _,
                    AgentAnswer.Ready _,
                    AgentAnswer.Refused _ ->
                new GuestError("InitCrashed", "the program did not get to serve: " + startup.ending(), "", "", 0);
        };
        return new InitFailedException(
                new GuestError(error.type(), error.message(), startup.output(), error.file(), error.line()));
    }
}
