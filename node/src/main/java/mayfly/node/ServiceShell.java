package mayfly.node;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import mayfly.base.Limits;
import mayfly.core.connection.Arrival;
import mayfly.core.connection.Connection.Ended;
import mayfly.core.connection.Connection.Held;
import mayfly.core.connection.Connection.Serving;
import mayfly.core.connection.Connection.Stopping;
import mayfly.core.connection.Connection.Withdrawing;
import mayfly.core.connection.Ending;
import mayfly.core.pool.Pool;
import mayfly.core.pool.TemplateState;
import mayfly.machine.Connection;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import org.jspecify.annotations.Nullable;

/**
 * Runs one service: accepts connections on a thread of its own, has each served by a machine of its own on a virtual
 * thread, and counts how they end.
 *
 * <p>Back-pressure: {@code waitingMax} connections wait for a machine; while they do, no more are accepted, and the kernel
 * holds what comes, up to its backlog, as it does for any busy server. Whoever was accepted is served in the order of
 * arrival, or hung up on for a reason that is counted by name.
 */
public final class ServiceShell implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("mayfly.node");
    private static final Duration ACCEPT_AGAIN = Duration.ofMillis(100);

    private final ServicePlace place;
    private final Entrance entrance;
    private final ServiceCounters counters;
    private final LogTail output = new LogTail(Limits.SERVICE_LOG_BYTES_MAX);
    private final LogTail accesses = new LogTail(Limits.SERVICE_LOG_BYTES_MAX);
    /** By number: in the order they came. */
    private final Map<Long, ConnectionShell> open = new ConcurrentSkipListMap<>();

    private final WaitingRoom room;
    private final ConnectionShell.Service view = new View();

    private final ReentrantLock lock = new ReentrantLock(); // guards changes of newest, and draining
    private volatile Edition newest;
    private volatile boolean draining;
    /** Versions on their way in or out. */
    private final Set<PoolShell> others = new CopyOnWriteArraySet<>();

    private volatile boolean accepting = true;
    /** Completes when no connection is open and none can come. */
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();

    /** @param counters those that the first edition tells of its resets */
    ServiceShell(Edition first, ServiceCounters counters, ServicePlace place, Entrance entrance) {
        this.newest = first;
        this.counters = counters;
        this.place = place;
        this.entrance = entrance;
        this.room = new WaitingRoom(first.settings().waitingMax());
    }

    /**
     * Boots the program, to see that it can serve, and then listens.
     *
     * @throws InitFailedException the program cannot be executed, ended, or waits for no connection
     * @throws MachineException the host could not give a machine, or the driver serves no connections
     * @throws IOException the address is in use, or not allowed
     */
    public static ServiceShell start(ServiceSettings settings, MachineDriver driver, ServicePlace place)
            throws IOException, InitFailedException, MachineException {
        ServiceCounters counters = new ServiceCounters();
        Edition first = Edition.of(settings, driver, place, counters::reset);
        try {
            require(first.pool().tryBoot());
            return listening(first, counters, place);
        } catch (IOException | InitFailedException | MachineException e) {
            first.pool().drain().join();
            throw e;
        }
    }

    /**
     * Listens, and boots the program when the first connection comes: a service that ran before.
     *
     * @throws IOException the address is in use, or not allowed
     */
    public static ServiceShell resume(ServiceSettings settings, MachineDriver driver, ServicePlace place)
            throws IOException {
        ServiceCounters counters = new ServiceCounters();
        return listening(Edition.of(settings, driver, place, counters::reset), counters, place);
    }

    private static ServiceShell listening(Edition first, ServiceCounters counters, ServicePlace place)
            throws IOException {
        Entrance entrance = Entrance.open(first.settings().listen());
        ServiceShell shell = new ServiceShell(first, counters, place, entrance);
        String name = first.settings().name() + " accepts";
        var _ = Thread.ofPlatform().name(name).daemon().start(shell::accept); // accept(2) holds its thread
        return shell;
    }

    private static void require(PoolShell.Boot boot) throws InitFailedException, MachineException {
        switch (boot) {
            case PoolShell.Boot.Ready _ -> {}
            case PoolShell.Boot.CodeFailed(var error) -> throw new InitFailedException(error);
            case PoolShell.Boot.HostFailed(var reason) -> throw new MachineException(reason);
        }
    }

    /** "127.0.0.1:8080" or "unix:/path". */
    public String address() {
        return entrance.address();
    }

    public ServiceSettings settings() {
        return newest.settings();
    }

    /** Takes a moment: the kernel is asked for each machine's memory. */
    public ServiceStats stats() {
        int active = 0;
        int waiting = 0;
        for (ConnectionShell each : open.values()) {
            switch (each.state()) {
                case Held _, Withdrawing _ -> waiting++;
                case Serving _, Stopping _ -> active++;
                case Ended _ -> {}
            }
        }
        Edition now = newest;
        Pool pool = now.pool().snapshot();
        boolean awake = pool instanceof Pool.Open it && it.template() instanceof TemplateState.Ready;
        int machines = isShared() ? (awake ? 1 : 0) : pool.machines().size();
        return counters.with(now, machines, awake, now.privateBytes(), active, waiting);
    }

    /** Its machines, those of versions that are being replaced not included. */
    public List<MachineView> machines() {
        Edition now = newest;
        List<MachineView> all =
                now.pool().machines(now.settings().name(), now.settings().version());
        return isShared() ? all.stream().limit(1).toList() : all; // all are places in one
    }

    private boolean isShared() {
        return newest.settings().template().shared();
    }

    /** The newest of what its programs printed while they served. */
    public String logs() {
        return output.text();
    }

    /** The connections that ended last, a line each: time, peer, end, bytes, milliseconds. */
    public String accessLog() {
        return accesses.text();
    }

    /** Runs on a thread of its own until the entrance is closed. */
    void accept() {
        try {
            while (room.enter()) {
                Connection connection = next();
                if (connection == null) {
                    break;
                }
                admit(connection);
            }
        } finally {
            accepting = false;
            quietIfNoneIsLeft();
        }
    }

    private @Nullable Connection next() {
        while (true) {
            try {
                return entrance.accept();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, newest.name() + " cannot accept for a moment", e);
                LockSupport.parkNanos(ACCEPT_AGAIN.toNanos()); // descriptors come free when connections end
            }
        }
    }

    private void admit(Connection connection) {
        long now = place.clock().nanos();
        long deadline = now + newest.settings().waitLimit().toNanos();
        Arrival arrival = new Arrival(counters.accepted(), connection.peer(), now, deadline);
        ConnectionShell shell = new ConnectionShell(view, place.clock(), arrival, connection);
        open.put(arrival.number(), shell);
        shell.begin();
    }

    private void ended(Ended ended) {
        Ending ending = ended.ending();
        counters.ended(ending);
        accesses.line(place.clock().now() + " " + ended.arrival().peer() + " "
                + ending.end().name().toLowerCase(java.util.Locale.ROOT) + " received=" + ending.received() + " sent="
                + ending.sent() + " waited_ms=" + TimeUnit.NANOSECONDS.toMillis(ending.heldNanos()) + " served_ms="
                + TimeUnit.NANOSECONDS.toMillis(ending.servedNanos())
                + (ending.detail().isEmpty() ? "" : " (" + ending.detail() + ")"));
        open.remove(ended.arrival().number());
        quietIfNoneIsLeft();
    }

    private void quietIfNoneIsLeft() {
        if (!accepting && open.isEmpty()) {
            quiet.complete(null);
        }
    }

    /**
     * Serves that many connections at once from now on; machines over the number end with their connections.
     *
     * @throws IllegalArgumentException it is not between 1 and the template's machinesMax
     */
    public void scale(int workers) {
        lock.lock();
        try {
            newest = newest.scaled(workers, place);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts another version in the place of this one, and refuses no connection: it boots first; then it gets whatever comes
     * and whatever waits; connections that are being served are, to their end.
     *
     * @param driver of its machines; may be another than before
     * @throws IllegalArgumentException it is to listen somewhere else
     * @throws InitFailedException as by {@link #start}; the old version serves on
     * @throws MachineException as by {@link #start}; the old version serves on
     */
    public void replace(ServiceSettings settings, MachineDriver driver) throws InitFailedException, MachineException {
        if (!settings.listen().equals(newest.settings().listen())) {
            throw new IllegalArgumentException("a service listens where it began to");
        }
        Edition next = Edition.of(settings, driver, place, counters::reset);
        prepare(next);
        try {
            require(next.pool().tryBoot());
            retire(swap(next).pool()); // who waits there asks the next one
        } catch (InitFailedException | MachineException e) {
            retire(next.pool());
            throw e;
        }
        room.resize(settings.waitingMax());
    }

    /** From here on a drain sees it. */
    private void prepare(Edition next) throws MachineException {
        lock.lock();
        try {
            requireOpen();
            others.add(next.pool());
        } finally {
            lock.unlock();
        }
    }

    private Edition swap(Edition next) throws MachineException {
        lock.lock();
        try {
            requireOpen();
            Edition old = newest;
            newest = next;
            others.add(old.pool());
            others.remove(next.pool());
            return old;
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() throws MachineException {
        if (draining) {
            throw new MachineException(newest.settings().name() + ": the service is ending");
        }
    }

    private void retire(PoolShell pool) {
        var _ = pool.drain().thenRun(() -> others.remove(pool));
    }

    /**
     * Accepts nothing more, serves what was accepted for at most that long, and hangs up on the rest. Returns when nothing of
     * the service is left. May be called again meanwhile, with less patience.
     */
    public void drain(Duration limit) {
        lock.lock();
        try {
            draining = true;
        } finally {
            lock.unlock();
        }
        room.close();
        entrance.close();
        CompletableFuture<Void> over = new CompletableFuture<>();
        Future<?> timer = place.timers().schedule(() -> over.complete(null), limit.toNanos(), TimeUnit.NANOSECONDS);
        CompletableFuture.anyOf(quiet, over).join();
        timer.cancel(false);
        CompletableFuture<Void> drained = newest.pool().drain(); // refuses who waits
        open.values().forEach(ConnectionShell::cancel);
        drained.join();
        others.forEach(pool -> pool.drain().join());
        quiet.join();
    }

    /** Hangs up on everybody and ends the machines. */
    @Override
    public void close() {
        drain(Duration.ZERO);
    }

    private final class View implements ConnectionShell.Service {
        @Override
        public Edition newest() {
            return newest;
        }

        @Override
        public void leftWaiting() {
            room.leave();
        }

        @Override
        public LogSink logs() {
            return output;
        }

        @Override
        public void ended(Ended ended) {
            ServiceShell.this.ended(ended);
        }
    }
}
