package mayfly.machine.host;

import java.io.IOException;
import java.lang.System.Logger.Level;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import mayfly.machine.kvm.KvmMachine;
import mayfly.machine.kvm.KvmTemplate;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the node: its requests one after the other, and at most one machine. Its thread only reads while work
 * runs: the machine's own thread sends what comes of it, so that a {@link HostMessage.Cancel} is seen at once and an
 * answer waits for nobody.
 */
final class HostSession implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(HostSession.class.getName());

    private final HostServer server;
    private final HostChannel channel;

    // guarded by this
    /** The machine that is kept for more work, and its template. */
    private @Nullable KvmMachine kept;

    private long keptTemplate;
    /** The machine that works, and for which call. */
    private @Nullable KvmMachine working;

    private long workingCall;
    /** Calls up to this number are not begun any more. */
    private long cancelledCall;

    private boolean closed;

    HostSession(HostServer server, HostChannel channel) {
        this.server = server;
        this.channel = channel;
    }

    /** Until the node hangs up, or says something that it may not say now. */
    void run() {
        try {
            boolean goesOn = true;
            while (goesOn) {
                goesOn = switch (channel.receive()) {
                    case HostRead.Whole(HostFrame(long call, HostMessage.Request request)) -> take(call, request);
                    case HostRead.Whole(HostFrame(long _, HostMessage.Answer answer)) ->
                        refuse(answer.getClass().getSimpleName());
                    case HostRead.Malformed(var reason) -> refuse(reason);
                    case HostRead.Ended _ -> false;
                };
            }
        } catch (IOException gone) {
            // the node: what was under way ends below
        } finally {
            close();
            server.ended(this);
        }
    }

    private static boolean refuse(String what) {
        LOG.log(Level.WARNING, "connection closed: {0}", what);
        return false;
    }

    private boolean take(long call, HostMessage.Request request) throws IOException {
        switch (request) {
            case HostMessage.Cancel _ -> cancel(call);
            case HostMessage.Exec exec -> {
                return exec(call, exec);
            }
            case HostMessage.Release _ -> release();
            case HostMessage.Boot(var spec) -> answer(call, boot(spec));
            case HostMessage.ListTemplates _ -> answer(call, new HostMessage.Templates(server.list()));
            case HostMessage.CloseTemplate(long template) -> {
                server.closeTemplate(template);
                answer(call, new HostMessage.Done());
            }
            case HostMessage.Forget(var name) -> {
                server.forget(name);
                answer(call, new HostMessage.Done());
            }
            case HostMessage.Ping ping -> answer(call, new HostMessage.Pong(ping(ping)));
        }
        return true;
    }

    private void answer(long call, HostMessage.Answer answer) throws IOException {
        channel.send(new HostFrame(call, answer));
    }

    private HostMessage.Answer boot(mayfly.machine.TemplateSpec spec) {
        try {
            return new HostMessage.Ready(server.boot(spec));
        } catch (InitFailedException e) {
            return new HostMessage.InitFailed(e.error());
        } catch (MachineException | RuntimeException e) {
            return new HostMessage.Refused(String.valueOf(e.getMessage()));
        }
    }

    private boolean exec(long call, HostMessage.Exec exec) throws IOException {
        KvmMachine machine;
        synchronized (this) {
            if (working != null) {
                return refuse("work while other work runs");
            }
            if (call <= cancelledCall) {
                machine = null;
            } else {
                machine = lease(exec.template(), exec.keep());
                working = machine;
                workingCall = call;
            }
        }
        if (machine == null) {
            answer(
                    call,
                    new HostMessage.Ended(new Outcome.NotStarted("the machine was closed, or its template is gone")));
            return true;
        }
        Work work = new Work(
                exec.invocation(),
                exec.payload(),
                exec.json(),
                exec.timeout(),
                (stream, bytes) -> log(call, stream, bytes));
        var _ = machine.begin(work).thenAccept(outcome -> ended(call, exec.keep(), machine, outcome));
        return true;
    }

    /** The machine that this connection has, or a fresh one; null when there is none to be had. Under the lock. */
    private @Nullable KvmMachine lease(long number, boolean keep) {
        KvmMachine machine = kept;
        if (machine != null && keep && keptTemplate == number) {
            return machine;
        }
        KvmTemplate template = closed || machine != null ? null : server.template(number);
        if (template == null) {
            return null;
        }
        try {
            machine = template.fork();
        } catch (MachineException e) {
            LOG.log(Level.WARNING, "no machine: {0}", e.getMessage());
            return null;
        }
        if (keep) {
            kept = machine;
            keptTemplate = number;
        }
        return machine;
    }

    private void log(long call, int stream, byte[] bytes) {
        try {
            answer(call, new HostMessage.Log(stream, bytes));
        } catch (IOException gone) {
            close();
        }
    }

    /** On the machine's thread. */
    private void ended(long call, boolean keep, KvmMachine machine, Outcome outcome) {
        synchronized (this) {
            working = null; // before the answer: with it the next work may come
        }
        try {
            answer(call, new HostMessage.Ended(outcome));
        } catch (IOException gone) {
            close();
        }
        if (!keep) {
            machine.close();
        }
    }

    private boolean ping(HostMessage.Ping ping) {
        KvmMachine machine;
        synchronized (this) {
            machine = working == null ? lease(ping.template(), ping.keep()) : null;
        }
        if (machine == null) {
            return false;
        }
        boolean well = machine.ping(ping.timeoutMillis());
        if (!ping.keep()) {
            machine.close();
        }
        return well;
    }

    private synchronized void cancel(long call) {
        KvmMachine machine = working;
        if (machine != null && workingCall == call) {
            machine.close();
            if (machine == kept) {
                kept = null;
            }
        }
        cancelledCall = Math.max(cancelledCall, call);
    }

    private synchronized void release() {
        if (kept != null) {
            kept.close();
            kept = null;
        }
    }

    /** Ends what the connection's machine does. */
    @Override
    public void close() {
        channel.close();
        synchronized (this) {
            closed = true;
            if (working != null) {
                working.close();
            }
            release();
        }
    }
}
