package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import mayfly.linux.DirectoryFd;
import mayfly.linux.ErrnoException;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentRequest;
import mayfly.machine.GuestError;
import mayfly.machine.GuestRuntime;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import mayfly.machine.TemplateSpec;
import org.jspecify.annotations.Nullable;

/** Brings one sandbox up to its waiting point, or explains why that cannot be. */
final class Boot {
    private static final System.Logger LOG = System.getLogger(Boot.class.getName());
    private static final int OUTPUT_SHOWN_BYTES = 2_000;
    private static final long CONNECT_PAUSE_MILLIS = 2;
    /** A zygote that ended had a monitor that needs a moment to say how. */
    private static final long END_MILLIS = 2_000;

    private final ProcessHost host;
    private final TemplateSpec spec;
    private final SupervisedSpec plan;
    private final String name;
    private final long deadlineNanos;

    Boot(ProcessHost host, TemplateSpec spec, SupervisedSpec plan) {
        this.host = host;
        this.spec = spec;
        this.plan = plan;
        this.name = host.ids().machine().value();
        this.deadlineNanos = System.nanoTime() + spec.initTimeout().toNanos();
    }

    ProcessTemplate run() throws InitFailedException, MachineException {
        requireProgram();
        SupervisedState state = host.supervisor().spawn(name, plan);
        ProcessTemplate template = null;
        try {
            if (state instanceof SupervisedState.ExecFailed) {
                throw failed("the sandbox " + Ending.of(state));
            }
            template = connect();
            return template;
        } finally {
            if (template == null) {
                discard();
            }
        }
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

    private ProcessTemplate connect() throws InitFailedException, MachineException {
        Path path = host.supervisor()
                .directory(name)
                .orElseThrow(() -> new MachineException(spec.name() + ": the directory of " + name + " is gone"));
        DirectoryFd directory;
        try {
            directory = DirectoryFd.open(path);
        } catch (ErrnoException e) {
            throw new MachineException(spec.name() + ": " + HostFailure.reason(e), e);
        }
        ProcessTemplate template = null;
        try {
            SocketChannel first = firstConnection(directory);
            template = spec.runtime() == GuestRuntime.PYTHON3 ? zygote(first, directory) : executed(first, directory);
            return template;
        } finally {
            if (template == null) {
                directory.close();
            }
        }
    }

    /** The socket is there as soon as the launcher has made it, which is a moment after its monitor answered. */
    private SocketChannel firstConnection(DirectoryFd directory) throws MachineException {
        while (true) {
            try {
                return ProcessTemplate.open(directory);
            } catch (IOException e) {
                if (!EndWatch.lives(host.supervisor().inspect(name))) {
                    throw failed("the sandbox " + Ending.of(host.supervisor().inspect(name)));
                }
                if (System.nanoTime() > deadlineNanos) {
                    throw failed("the sandbox does not listen: " + e.getMessage());
                }
            }
            try {
                Thread.sleep(CONNECT_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw failed("interrupted");
            }
        }
    }

    private ProcessTemplate zygote(SocketChannel socket, DirectoryFd directory)
            throws InitFailedException, MachineException {
        var control = new ControlChannel(new WorkChannel(socket, host.buffers()), host.deadlines());
        AgentAnswer answer =
                control.init(AgentRequest.init(spec, SandboxPlan.CODE, SandboxPlan.tmpBytes(spec)), millisLeft());
        if (!(answer instanceof AgentAnswer.Ready)) {
            control.close();
            throw refused(answer, control.isSilent());
        }
        var template = new ProcessTemplate(host, spec, name, directory, control);
        template.forkAhead();
        return template;
    }

    /** The program of the first connection shows whether the code loads, and then waits for the first call. */
    private ProcessTemplate executed(SocketChannel socket, DirectoryFd directory)
            throws InitFailedException, MachineException {
        var template = new ProcessTemplate(host, spec, name, directory, null);
        ProcessMachine first;
        try {
            first = template.machine(socket);
        } catch (IOException e) {
            throw refused(new AgentAnswer.Malformed("INIT could not be sent: " + e.getMessage()), false);
        }
        AgentAnswer answer = first.awaitReady(millisLeft());
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
            return new InitFailedException(new GuestError(
                    "InitTimeout",
                    "loading the code took longer than " + spec.initTimeout().toMillis() + " ms",
                    output(),
                    "",
                    0));
        }
        String how = answer instanceof AgentAnswer.Exited exited ? Ending.of(exited, spec.memoryBytes()) : ending();
        return new InitFailedException(
                new GuestError("InitCrashed", "the process ended while it loaded the code: " + how, output(), "", 0));
    }

    private String ending() {
        return host.ends().ended(name, END_MILLIS)
                ? "it " + Ending.of(host.supervisor().inspect(name))
                : "it ended without a word";
    }

    private MachineException failed(String reason) {
        String output = output();
        return new MachineException(spec.name() + ": " + reason + (output.isEmpty() ? "" : "; it wrote: " + output));
    }

    /** The end of what the sandbox wrote to standard error. */
    private String output() {
        @Nullable Path directory = host.supervisor().directory(name).orElse(null);
        if (directory == null) {
            return "";
        }
        try {
            byte[] all = Files.readAllBytes(directory.resolve("stderr"));
            int from = Math.max(0, all.length - OUTPUT_SHOWN_BYTES);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private long millisLeft() {
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime()));
    }

    private void discard() {
        try {
            boolean lived = host.supervisor().signal(name, 9);
            LOG.log(Level.DEBUG, "{0}: {1}", name, lived ? "killed" : "ended already");
        } catch (MachineException e) {
            LOG.log(Level.WARNING, "{0}: sandbox {1} cannot be killed: {2}", spec.name(), name, e.getMessage());
        }
        if (host.ends().ended(name, END_MILLIS * 5)) {
            host.supervisor().remove(name);
        }
    }
}
