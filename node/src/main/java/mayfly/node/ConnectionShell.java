package mayfly.node;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import mayfly.base.Clock;
import mayfly.core.Step;
import mayfly.core.connection.Arrival;
import mayfly.core.connection.ConnectionEffect;
import mayfly.core.connection.ConnectionEvent;
import mayfly.core.connection.ConnectionEvent.Hindrance;
import mayfly.core.connection.ConnectionEvent.How;
import mayfly.core.connection.Connections;
import mayfly.core.pool.Refusal;
import mayfly.machine.Connection;
import mayfly.machine.LogSink;
import mayfly.machine.Served;
import org.jspecify.annotations.Nullable;

/**
 * Runs one connection: feeds events to {@link Connections#step} and does what it asks for. It has a thread of its own
 * only while a machine is made for it; the machine serves it with its own. Asks are made where the connection is accepted, or refused by a version that was
 * replaced: so they are made in order.
 */
final class ConnectionShell {
    private static final System.Logger LOG = System.getLogger("mayfly.node");

    /** What a connection needs of its service. */
    interface Service {
        /** The version that serves new connections now. */
        Edition newest();

        /** The connection waits for no machine any more: it has its first one, or ended. Told once. */
        void leftWaiting();

        /** What programs print. */
        LogSink logs();

        /** Nothing of the connection is left. Told once. */
        void ended(mayfly.core.connection.Connection.Ended ended);
    }

    /** A machine in the connection's hands. */
    private record Hold(Edition edition, PoolShell.Lease lease) {}

    private final Service service;
    private final Clock clock;
    private final Arrival arrival;
    private final Connection connection;

    private final ReentrantLock lock = new ReentrantLock(); // guards state; effects run outside
    private mayfly.core.connection.Connection state;

    /** Written before the step that says so. */
    private volatile @Nullable Hold held;

    private final AtomicBoolean waiting = new AtomicBoolean(true);

    ConnectionShell(Service service, Clock clock, Arrival arrival, Connection connection) {
        this.service = service;
        this.clock = clock;
        this.arrival = arrival;
        this.connection = connection;
        this.state = new mayfly.core.connection.Connection.Held(arrival, 0, 0);
    }

    mayfly.core.connection.Connection state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    /** Asks for a machine; does not block. */
    void begin() {
        take(Connections.begin(arrival));
    }

    /** The service waits for it no longer. */
    void cancel() {
        send(new ConnectionEvent.Cancelled(clock.nanos()));
    }

    private void ask(ConnectionEffect.AskForMachine ask) {
        Edition asked = service.newest();
        Runnable making = asked.pool().ask(ask.deadlineNanos(), answer -> answered(ask.ask(), asked, answer));
        if (making != null) {
            start(making);
        }
    }

    private void start(Runnable work) {
        Thread.ofVirtual().name("connection " + arrival.number()).start(work);
    }

    private void answered(int ask, Edition asked, PoolShell.Answer answer) {
        switch (answer) {
            case PoolShell.Answer.Granted(var lease) -> {
                held = new Hold(asked, lease);
                leaveWaiting();
                String machine = lease.machine().id().value();
                send(new ConnectionEvent.Granted(ask, machine, lease.start(), clock.nanos()));
            }
            case PoolShell.Answer.Refused(var refusal) -> send(refused(ask, asked, refusal));
        }
    }

    private ConnectionEvent refused(int ask, Edition asked, Refusal refusal) {
        long now = clock.nanos();
        return switch (refusal) {
            case Refusal.DeadlinePassed _ ->
                new ConnectionEvent.Refused(ask, Hindrance.TOO_LATE, "no machine came free", now);
            case Refusal.Draining _, Refusal.Cancelled _ -> {
                Hindrance why = service.newest().pool() == asked.pool() ? Hindrance.DRAINING : Hindrance.REPLACED;
                yield new ConnectionEvent.Refused(ask, why, "", now);
            }
            case Refusal.QueueFull _ ->
                new ConnectionEvent.Refused(ask, Hindrance.NO_CAPACITY, "too many connections wait", now);
            case Refusal.NoCapacity(var reason) -> new ConnectionEvent.Refused(ask, Hindrance.NO_CAPACITY, reason, now);
            case Refusal.CreateFailed(var reason) ->
                new ConnectionEvent.Refused(ask, Hindrance.INIT_FAILED, reason, now);
        };
    }

    private CompletableFuture<Served> served(Hold mine) {
        Duration limit = mine.edition().settings().connectionLimit();
        try {
            return mine.lease().machine().begin(connection, limit, service.logs());
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void ended(int ask, @Nullable Served served, @Nullable Throwable failure) {
        Served how = served == null ? failed(failure) : served;
        send(new ConnectionEvent.Served(ask, how(how.end()), how.detail(), how.received(), how.sent(), clock.nanos()));
    }

    private static How how(Served.End end) {
        return switch (end) {
            case CLOSED -> How.CLOSED;
            case TIMED_OUT -> How.TIMED_OUT;
            case CRASHED -> How.CRASHED;
            case CANCELLED -> How.CANCELLED;
            case NOT_STARTED -> How.NOT_STARTED;
        };
    }

    /** A driver's broken invariant ends the connection, and loses neither it nor the machine. */
    private Served failed(@Nullable Throwable failure) {
        String name = mine().edition().name();
        LOG.log(System.Logger.Level.ERROR, "a machine failed with a connection of " + name, failure);
        return new Served(Served.End.CRASHED, "the driver failed: " + failure, 0, 0);
    }

    private Hold mine() {
        Hold mine = held;
        if (mine == null) {
            throw new AssertionError("connection " + arrival + " has no machine");
        }
        return mine;
    }

    private void send(ConnectionEvent event) {
        Step<mayfly.core.connection.Connection, ConnectionEffect> step;
        lock.lock();
        try {
            step = Connections.step(state, event);
            state = step.state();
        } finally {
            lock.unlock();
        }
        step.effects().forEach(this::run);
    }

    private void take(Step<mayfly.core.connection.Connection, ConnectionEffect> first) {
        lock.lock();
        try {
            state = first.state();
        } finally {
            lock.unlock();
        }
        first.effects().forEach(this::run);
    }

    private void run(ConnectionEffect effect) {
        switch (effect) {
            case ConnectionEffect.AskForMachine ask -> ask(ask);
            case ConnectionEffect.Serve(var ask) -> {
                // not on the machine's thread, which has to reset it now
                var _ = served(mine()).whenCompleteAsync((served, failure) -> ended(ask, served, failure), this::start);
            }
            case ConnectionEffect.CloseMachine _ -> {
                Hold serving = held; // gone when the connection was let go in this moment
                if (serving != null) {
                    serving.lease().machine().close();
                }
            }
            case ConnectionEffect.GiveBack(var _, var healthy) -> {
                Hold mine = mine();
                held = null;
                mine.edition().pool().release(mine.lease(), healthy);
            }
            case ConnectionEffect.HangUp _ -> connection.close();
            case ConnectionEffect.Log _ -> {
                leaveWaiting();
                if (state() instanceof mayfly.core.connection.Connection.Ended ended) {
                    service.ended(ended);
                }
            }
        }
    }

    private void leaveWaiting() {
        if (waiting.getAndSet(false)) {
            service.leftWaiting();
        }
    }
}
