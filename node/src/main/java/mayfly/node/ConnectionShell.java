package mayfly.node;

import java.time.Duration;
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
 * Runs one connection: feeds events to {@link Connections#step} and does what it asks for. Everything happens on the thread
 * that calls {@link #run}, besides {@link #cancel}.
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
        void ended(ConnectionShell shell, mayfly.core.connection.Connection.Ended ended);
    }

    private final Service service;
    private final Clock clock;
    private final Arrival arrival;
    private final Connection connection;

    private final ReentrantLock lock = new ReentrantLock(); // guards state; effects run outside
    private mayfly.core.connection.Connection state;

    /** Written by the connection's thread before its step says so. */
    private volatile PoolShell.@Nullable Lease lease;

    // used by the connection's thread
    private @Nullable ConnectionEffect due;
    private @Nullable Edition edition;
    private boolean waiting = true;

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

    /** Blocks until the connection has ended. */
    void run() {
        take(Connections.begin(arrival));
        while (due != null) {
            ConnectionEffect now = due;
            due = null;
            if (now instanceof ConnectionEffect.AskForMachine ask) {
                ask(ask);
            } else if (now instanceof ConnectionEffect.Serve serve) {
                serve(serve);
            }
        }
    }

    /** The service waits for it no longer. */
    void cancel() {
        send(new ConnectionEvent.Cancelled(clock.nanos()));
    }

    private void ask(ConnectionEffect.AskForMachine ask) {
        Edition asked = service.newest();
        edition = asked;
        PoolShell.Answer answer = asked.pool().acquire(ask.deadlineNanos());
        switch (answer) {
            case PoolShell.Answer.Granted(var granted) -> {
                lease = granted;
                leaveWaiting();
                String machine = granted.machine().id().value();
                send(new ConnectionEvent.Granted(ask.ask(), machine, granted.start(), clock.nanos()));
            }
            case PoolShell.Answer.Refused(var refusal) -> send(refused(ask.ask(), asked, refusal));
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

    private void serve(ConnectionEffect.Serve serve) {
        Served served = served();
        How how = switch (served.end()) {
            case CLOSED -> How.CLOSED;
            case TIMED_OUT -> How.TIMED_OUT;
            case CRASHED -> How.CRASHED;
            case CANCELLED -> How.CANCELLED;
            case NOT_STARTED -> How.NOT_STARTED;
        };
        send(new ConnectionEvent.Served(
                serve.ask(), how, served.detail(), served.received(), served.sent(), clock.nanos()));
    }

    /** A driver's broken invariant ends the connection, and loses neither it nor the machine. */
    private Served served() {
        PoolShell.Lease granted = lease;
        Edition asked = edition;
        if (granted == null || asked == null) {
            throw new AssertionError("connection " + arrival + " is to be served by nobody");
        }
        Duration limit = asked.settings().connectionLimit();
        try {
            return granted.machine().serve(connection, limit, service.logs());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "a machine failed with a connection of " + asked.name(), e);
            return new Served(Served.End.CRASHED, "the driver failed: " + e, 0, 0);
        }
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
            // both follow from what the connection's own thread was told
            case ConnectionEffect.AskForMachine _, ConnectionEffect.Serve _ -> due = effect;
            case ConnectionEffect.CloseMachine _ -> {
                PoolShell.Lease held = lease;
                if (held != null) {
                    held.machine().close();
                }
            }
            case ConnectionEffect.GiveBack(var _, var healthy) -> giveBack(healthy);
            case ConnectionEffect.HangUp _ -> connection.close();
            case ConnectionEffect.Log _ -> {
                leaveWaiting();
                if (state() instanceof mayfly.core.connection.Connection.Ended ended) {
                    service.ended(this, ended);
                }
            }
        }
    }

    private void giveBack(boolean healthy) {
        PoolShell.Lease held = lease;
        Edition asked = edition;
        if (held == null || asked == null) {
            throw new AssertionError("connection " + arrival + " has no machine to give back");
        }
        lease = null;
        asked.pool().release(held, healthy);
    }

    private void leaveWaiting() {
        if (waiting) {
            waiting = false;
            service.leftWaiting();
        }
    }
}
