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
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedState;
import mayfly.machine.Template;
import org.jspecify.annotations.Nullable;

/** One sandbox, whose machines are connections to the socket that it listens on. */
abstract class SandboxTemplate implements Template {
    private static final System.Logger LOG = System.getLogger(SandboxTemplate.class.getName());
    private static final int SIGKILL = 9;
    private static final long END_MILLIS_MAX = 10_000;

    private final ProcessHost host;
    /** Function or service, and version, for people. */
    private final String label;

    private final String name;
    private final DirectoryFd directory;
    /** To the process that forks; absent where every connection executes a program. */
    private final @Nullable ControlChannel control;

    private final Set<SandboxMachine> machines = ConcurrentHashMap.newKeySet();
    /** Forked ahead of the next calls, so that they need not wait for it. */
    private final ArrayBlockingQueue<SandboxMachine> spares;

    private final int sparesMax;

    private final AtomicBoolean condemned = new AtomicBoolean();
    private volatile boolean closed;

    /**
     * @param name of the supervised sandbox, which belongs to this template from now on
     * @param sparesMax machines to fork ahead
     */
    SandboxTemplate(
            ProcessHost host,
            String label,
            String name,
            DirectoryFd directory,
            @Nullable ControlChannel control,
            int sparesMax) {
        this.host = host;
        this.label = label;
        this.name = name;
        this.directory = directory;
        this.control = control;
        this.sparesMax = sparesMax;
        this.spares = new ArrayBlockingQueue<>(Math.max(1, sparesMax));
    }

    final ProcessHost host() {
        return host;
    }

    final DirectoryFd directory() {
        return directory;
    }

    final Deadlines deadlines() {
        return host.deadlines();
    }

    /** The machine behind a new connection. */
    abstract SandboxMachine begin(SocketChannel socket) throws IOException;

    @Override
    public Machine fork() throws MachineException {
        SandboxMachine kept = spares.poll();
        return kept != null ? kept : connect();
    }

    private SandboxMachine connect() throws MachineException {
        if (closed) {
            throw new MachineException(label + ": the template is closed");
        }
        try {
            SocketChannel socket = open(directory);
            SandboxMachine begun = null;
            try {
                begun = begin(socket);
                return begun;
            } finally {
                if (begun == null) { // hung up on: it took nothing over
                    socket.close();
                }
            }
        } catch (IOException e) {
            throw new MachineException(
                    label + ": no machine from sandbox " + name + ": " + e.getMessage() + "; it "
                            + Ending.of(host.supervisor().inspect(name)),
                    e);
        }
    }

    /** Knows of a machine from now on. */
    final <M extends SandboxMachine> M register(M machine) {
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
    void keep(SandboxMachine machine) {
        boolean kept = spares.offer(machine);
        assert kept : "the first machine of a template finds room";
    }

    void forget(SandboxMachine machine) {
        machines.remove(machine);
    }

    /** Sees to it that machines are ready for the next calls; a failure shows when one is wanted. */
    void forkAhead() {
        try {
            while (!closed && spares.size() < sparesMax) {
                SandboxMachine ahead = connect();
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
        return !closed && (control == null ? isRunning() : control.ping(timeoutMillis));
    }

    final boolean isRunning() {
        return host.supervisor().inspect(name) instanceof SupervisedState.Running;
    }

    /** Kills the sandbox because something in it could not be killed alone; every machine in it ends. */
    void condemn(String reason) {
        if (condemned.compareAndSet(false, true)) {
            LOG.log(Level.WARNING, "{0}: sandbox {1} is killed: {2}", label, name, reason);
            kill();
            var end = deadlines().blockingAfter(END_MILLIS_MAX, () -> machines.forEach(SandboxMachine::abandon));
            assert end != null;
        }
    }

    private void kill() {
        try {
            boolean lived = host.supervisor().signal(name, SIGKILL);
            assert lived || !lived : "either way it is on its way out";
        } catch (MachineException e) {
            LOG.log(Level.WARNING, "{0}: sandbox {1} cannot be killed: {2}", label, name, e.getMessage());
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
        machines.forEach(SandboxMachine::abandon);
        machines.forEach(SandboxMachine::close);
        if (control != null) {
            control.close();
        }
        directory.close();
        host.forget(this);
        if (ended) {
            host.supervisor().remove(name);
        } else {
            LOG.log(Level.WARNING, "{0}: sandbox {1} does not end; its directory stays", label, name);
        }
    }
}
