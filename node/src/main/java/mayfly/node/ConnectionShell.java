package mayfly.node;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
 * Runs one connection: feeds events to {@link Connections#step} and does what it asks for. It has a thread only while a
 * machine is made for it or serves it. Asks are made where the connection is accepted, or refused by a version that was
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
    /** A thread that made a machine, and serves with it if the connection got it: that saves a hand-over. */
    private volatile @Nullable Thread maker;

    /** The ask that the maker is to serve; 0: none. */
    private final AtomicInteger due = new AtomicInteger();

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
            Thread thread = unstarted(() -> {
                making.run();
                for (int next = due.getAndSet(0); next != 0; next = due.getAndSet(0)) {
                    serve(next);
                }
            });
            maker = thread;
            thread.start();
        }
    }

    private Thread unstarted(Runnable work) {
        return Thread.ofVirtual().name("connection " + arrival.number()).unstarted(work);
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

    private void serve(int ask) {
        Served served = served(mine());
        How how = switch (served.end()) {
            case CLOSED -> How.CLOSED;
            case TIMED_OUT -> How.TIMED_OUT;
            case CRASHED -> How.CRASHED;
            case CANCELLED -> How.CANCELLED;
            case NOT_STARTED -> How.NOT_STARTED;
        };
        send(new ConnectionEvent.Served(ask, how, served.detail(), served.received(), served.sent(), clock.nanos()));
    }

    /** A driver's broken invariant ends the connection, and loses neither it nor the machine. */
    private Served served(Hold mine) {
        Duration limit = mine.edition().settings().connectionLimit();
        try {
            return mine.lease().machine().serve(connection, limit, service.logs());
        } catch (RuntimeException | Error e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "a machine failed with a connection of " + mine.edition().name(),
                    e);
            return new Served(Served.End.CRASHED, "the driver failed: " + e, 0, 0);
        }
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
                if (Thread.currentThread().equals(maker)) {
                    due.set(ask); // when it is done with what else the pool wants
                } else {
                    unstarted(() -> serve(ask)).start();
                }
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
