package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import mayfly.linux.DirectoryFd;
import mayfly.linux.ErrnoException;
import mayfly.machine.GuestError;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import org.jspecify.annotations.Nullable;

/** One sandbox on its way up: starts it, connects to it, tells why that failed, and takes it away again. */
final class Startup {
    private static final System.Logger LOG = System.getLogger(Startup.class.getName());
    private static final int OUTPUT_SHOWN_BYTES = 2_000;
    private static final long CONNECT_PAUSE_MILLIS = 2;
    /** A process that ended had a monitor that needs a moment to say how. */
    private static final long END_MILLIS = 2_000;

    private final ProcessHost host;
    private final String label;
    private final String name;
    private final long deadlineNanos;

    /** @param label function or service, and version, for people */
    Startup(ProcessHost host, String label, Duration timeout) {
        this.host = host;
        this.label = label;
        this.name = host.ids().machine().value();
        this.deadlineNanos = System.nanoTime() + timeout.toNanos();
    }

    /** Brings the sandbox, whose directory is given, to its waiting point. */
    interface Bring {
        /** Owns the directory when it returns. */
        SandboxTemplate from(DirectoryFd directory) throws InitFailedException, MachineException;
    }

    String name() {
        return name;
    }

    /** Starts a sandbox; nothing of it is left when this throws. */
    SandboxTemplate run(SupervisedSpec plan, Bring bring) throws InitFailedException, MachineException {
        SupervisedState state = host.supervisor().spawn(name, plan);
        SandboxTemplate template = null;
        try {
            if (state instanceof SupervisedState.ExecFailed) {
                throw failed("the sandbox " + Ending.of(state));
            }
            template = open(bring);
            return template;
        } finally {
            if (template == null) {
                discard();
            }
        }
    }

    private SandboxTemplate open(Bring bring) throws InitFailedException, MachineException {
        Path path = host.supervisor()
                .directory(name)
                .orElseThrow(() -> new MachineException(label + ": the directory of " + name + " is gone"));
        DirectoryFd directory;
        try {
            directory = DirectoryFd.open(path);
        } catch (ErrnoException e) {
            throw new MachineException(label + ": " + HostFailure.reason(e), e);
        }
        SandboxTemplate template = null;
        try {
            template = bring.from(directory);
            return template;
        } finally {
            if (template == null) {
                directory.close();
            }
        }
    }

    /**
     * The socket is there as soon as the launcher has made it, which is a moment after its monitor answered.
     *
     * @return nothing when the program has ended already, and its sandbox with it
     */
    Optional<SocketChannel> firstConnection(DirectoryFd directory) throws MachineException {
        while (true) {
            try {
                return Optional.of(SandboxTemplate.open(directory));
            } catch (IOException e) {
                SupervisedState state = host.supervisor().inspect(name);
                if (state instanceof SupervisedState.Ended) {
                    return Optional.empty();
                }
                if (!EndWatch.lives(state)) {
                    throw failed("the sandbox " + Ending.of(state));
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

    /** How it ended, of a sandbox that is on its way out. */
    String ending() {
        return host.ends().ended(name, END_MILLIS)
                ? "it " + Ending.of(host.supervisor().inspect(name))
                : "it ended without a word";
    }

    MachineException failed(String reason) {
        String output = errors();
        return new MachineException(label + ": " + reason + (output.isEmpty() ? "" : "; it wrote: " + output));
    }

    /** An error of the user's program, with what the sandbox wrote to standard error. */
    InitFailedException refused(String type, String message) {
        return new InitFailedException(new GuestError(type, message, errors(), "", 0));
    }

    /** The end of what the sandbox wrote to standard error. */
    String errors() {
        return tail("stderr");
    }

    /** The end of what it wrote to standard output and standard error. */
    String output() {
        return (tail("stdout") + "\n" + tail("stderr")).strip();
    }

    private String tail(String file) {
        @Nullable Path directory = host.supervisor().directory(name).orElse(null);
        if (directory == null) {
            return "";
        }
        try {
            byte[] all = Files.readAllBytes(directory.resolve(file));
            int from = Math.max(0, all.length - OUTPUT_SHOWN_BYTES);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    long millisLeft() {
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime()));
    }

    private void discard() {
        try {
            boolean lived = host.supervisor().signal(name, 9);
            LOG.log(Level.DEBUG, "{0}: {1}", name, lived ? "killed" : "ended already");
        } catch (MachineException e) {
            LOG.log(Level.WARNING, "{0}: sandbox {1} cannot be killed: {2}", label, name, e.getMessage());
        }
        if (host.ends().ended(name, END_MILLIS * 5)) {
            host.supervisor().remove(name);
        }
    }
}
