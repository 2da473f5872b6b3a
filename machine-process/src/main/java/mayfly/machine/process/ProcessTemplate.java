package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.linux.DirectoryFd;
import mayfly.machine.AgentRequest;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedState;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import org.jspecify.annotations.Nullable;

/** One sandbox: a zygote that is forked, or an init that executes a program for each connection. */
final class ProcessTemplate implements Template {
    private static final System.Logger LOG = System.getLogger(ProcessTemplate.class.getName());
    private static final int SIGKILL = 9;
    private static final long END_MILLIS_MAX = 10_000;

    private final ProcessHost host;
    private final TemplateSpec spec;
    private final String name;
    private final DirectoryFd directory;
    /** To the zygote; absent where every connection executes a program. */
    private final @Nullable ControlChannel control;

    private final Set<ProcessMachine> machines = ConcurrentHashMap.newKeySet();
    /** Forked ahead of the next calls, so that they need not wait for it. */
    private final ArrayBlockingQueue<ProcessMachine> spares;

    private final int sparesMax;

    private final AtomicBoolean condemned = new AtomicBoolean();
    private volatile boolean closed;

    /** @param name of the supervised sandbox, which belongs to this template from now on */
    ProcessTemplate(
            ProcessHost host, TemplateSpec spec, String name, DirectoryFd directory, @Nullable ControlChannel control) {
        this.host = host;
        this.spec = spec;
        this.name = name;
        this.directory = directory;
        this.control = control;
        this.sparesMax = SandboxPlan.spares(spec);
        this.spares = new ArrayBlockingQueue<>(Math.max(1, sparesMax));
    }

    boolean reusable() {
        return spec.reusable();
    }

    long memoryBytes() {
        return spec.memoryBytes();
    }

    Deadlines deadlines() {
        return host.deadlines();
    }

    @Override
    public Machine fork() throws MachineException {
        ProcessMachine kept = spares.poll();
        return kept != null ? kept : connect();
    }

    private ProcessMachine connect() throws MachineException {
        if (closed) {
            throw new MachineException(spec.name() + ": the template is closed");
        }
        try {
            return machine(open(directory));
        } catch (IOException e) {
            throw new MachineException(
                    spec.name() + ": no machine from sandbox " + name + ": " + e.getMessage() + "; it "
                            + Ending.of(host.supervisor().inspect(name)),
                    e);
        }
    }

    /** The machine behind a connection; for an executed program with its INIT already on the way. */
    ProcessMachine machine(SocketChannel socket) throws IOException {
        var channel = new WorkChannel(socket, host.buffers());
        boolean needsInit = control == null;
        if (needsInit) {
            channel.send(AgentRequest.init(spec, SandboxPlan.CODE, SandboxPlan.tmpBytes(spec)));
        }
        var machine = new ProcessMachine(host.ids().machine(), this, channel, needsInit);
        machines.add(machine);
        if (closed) {
            machine.abandon(); // close may have missed it
        }
        return machine;
    }

    static SocketChannel open(DirectoryFd directory) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(directory.entry(SandboxPlan.SOCKET)));
    }

    /** Keeps a machine for the next fork. */
    void keep(ProcessMachine machine) {
        boolean kept = spares.offer(machine);
        assert kept : "the first machine of a template finds room";
    }

    void forget(ProcessMachine machine) {
        machines.remove(machine);
    }

    /** Sees to it that machines are ready for the next calls; a failure shows when one is wanted. */
    void forkAhead() {
        try {
            while (!closed && spares.size() < sparesMax) {
                ProcessMachine ahead = connect();
                if (!spares.offer(ahead)) {
                    ahead.abandon();
                    machines.remove(ahead);
                }
            }
        } catch (MachineException e) {
            LOG.log(Level.DEBUG, "no machine ahead: {0}", e.getMessage());
        }
    }

    @Override
    public boolean ping(long timeoutMillis) {
        return !closed
                && (control == null
                        ? host.supervisor().inspect(name) instanceof SupervisedState.Running
                        : control.ping(timeoutMillis));
    }

    /** Kills the sandbox because something in it could not be killed alone; every machine in it ends. */
    void condemn(String reason) {
        if (condemned.compareAndSet(false, true)) {
            LOG.log(Level.WARNING, "{0}: sandbox {1} is killed: {2}", spec.name(), name, reason);
            kill();
            var end = deadlines().blockingAfter(END_MILLIS_MAX, () -> machines.forEach(ProcessMachine::abandon));
            assert end != null;
        }
    }

    private void kill() {
        try {
            boolean lived = host.supervisor().signal(name, SIGKILL);
            assert lived || !lived : "either way it is on its way out";
        } catch (MachineException e) {
            LOG.log(Level.WARNING, "{0}: sandbox {1} cannot be killed: {2}", spec.name(), name, e.getMessage());
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        kill();
        boolean ended = host.ends().ended(name, END_MILLIS_MAX);
        machines.forEach(ProcessMachine::abandon);
        machines.forEach(ProcessMachine::close);
        if (control != null) {
            control.close();
        }
        directory.close();
        host.forget(this);
        if (ended) {
            host.supervisor().remove(name);
        } else {
            LOG.log(Level.WARNING, "{0}: sandbox {1} does not end; its directory stays", spec.name(), name);
        }
    }
}
