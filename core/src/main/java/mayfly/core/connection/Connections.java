package mayfly.core.connection;

import java.util.List;
import mayfly.base.Limits;
import mayfly.core.Step;
import mayfly.core.connection.Connection.Ended;
import mayfly.core.connection.Connection.Held;
import mayfly.core.connection.Connection.Serving;
import mayfly.core.connection.Connection.Stopping;
import mayfly.core.connection.Connection.Use;
import mayfly.core.connection.Connection.Withdrawing;
import mayfly.core.connection.ConnectionEffect.AskForMachine;
import mayfly.core.connection.ConnectionEffect.CloseMachine;
import mayfly.core.connection.ConnectionEffect.GiveBack;
import mayfly.core.connection.ConnectionEffect.HangUp;
import mayfly.core.connection.ConnectionEffect.Log;
import mayfly.core.connection.ConnectionEffect.Serve;
import mayfly.core.connection.ConnectionEvent.Cancelled;
import mayfly.core.connection.ConnectionEvent.Granted;
import mayfly.core.connection.ConnectionEvent.How;
import mayfly.core.connection.ConnectionEvent.Refused;
import mayfly.core.connection.ConnectionEvent.Served;
import mayfly.core.connection.Ending.End;

/** Decides for connections; never acts. */
public final class Connections {
    private Connections() {}

    /** A connection that was just accepted. */
    public static Step<Connection, ConnectionEffect> begin(Arrival arrival) {
        return Step.with(new Held(arrival, 1, 0), new AskForMachine(1, arrival.deadlineNanos()));
    }

    /** What follows from the event; news of an earlier ask, and anything after the end, changes nothing. */
    public static Step<Connection, ConnectionEffect> step(Connection connection, ConnectionEvent event) {
        Step<Connection, ConnectionEffect> step = switch (connection) {
            case Held held -> held(held, event);
            case Serving serving -> serving(serving, event);
            case Withdrawing withdrawing -> withdrawing(withdrawing, event);
            case Stopping stopping -> stopping(stopping, event);
            case Ended ended -> Step.stay(ended);
        };
        assert ConnectionInvariants.hold(connection, event, step);
        return step;
    }

    private static Step<Connection, ConnectionEffect> held(Held state, ConnectionEvent event) {
        return switch (event) {
            case Granted e
            when e.ask() == state.ask() -> {
                Use use = new Use(e.machine(), e.start(), e.nowNanos());
                yield Step.with(new Serving(state.arrival(), e.ask(), state.misses(), use), new Serve(e.ask()));
            }
            case Refused e when e.ask() == state.ask() -> refused(state, e);
            case Cancelled _ -> Step.with(new Withdrawing(state.arrival(), state.ask()), new HangUp());
            case Granted _, Refused _, Served _ -> Step.stay(state);
        };
    }

    private static Step<Connection, ConnectionEffect> refused(Held state, Refused e) {
        return switch (e.hindrance()) {
            case TOO_LATE -> unserved(state, End.WAITED_TOO_LONG, e.reason(), e.nowNanos());
            case NO_CAPACITY -> unserved(state, End.NO_CAPACITY, e.reason(), e.nowNanos());
            case INIT_FAILED -> unserved(state, End.INIT_FAILED, e.reason(), e.nowNanos());
            case DRAINING -> unserved(state, End.DRAINED, e.reason(), e.nowNanos());
            case REPLACED ->
                isLate(state.arrival(), e.nowNanos())
                        ? unserved(state, End.WAITED_TOO_LONG, e.reason(), e.nowNanos())
                        : askAgain(state.arrival(), e.ask(), state.misses());
        };
    }

    private static boolean isLate(Arrival arrival, long now) {
        return now >= arrival.deadlineNanos();
    }

    private static Step<Connection, ConnectionEffect> askAgain(
            Arrival arrival, int ask, int misses, ConnectionEffect... before) {
        AskForMachine again = new AskForMachine(ask + 1, arrival.deadlineNanos());
        List<ConnectionEffect> effects = before.length == 0 ? List.of(again) : List.of(before[0], again);
        return new Step<>(new Held(arrival, ask + 1, misses), effects);
    }

    private static Step<Connection, ConnectionEffect> unserved(Held state, End end, String detail, long now) {
        Ending ending = new Ending(end, detail, 0, 0, now - state.arrival().atNanos(), 0);
        return new Step<>(new Ended(state.arrival(), state.ask(), ending), List.of(new HangUp(), new Log(ending)));
    }

    private static Step<Connection, ConnectionEffect> serving(Serving state, ConnectionEvent event) {
        return switch (event) {
            case Served e when e.ask() == state.ask() -> served(state, e);
            case Cancelled _ ->
                Step.with(new Stopping(state.arrival(), state.ask(), state.use()), new CloseMachine(state.ask()));
            case Served _, Granted _, Refused _ -> Step.stay(state);
        };
    }

    private static Step<Connection, ConnectionEffect> served(Serving state, Served e) {
        if (e.how() != How.NOT_STARTED) {
            return let(state.arrival(), state.use(), endOf(e.how()), e);
        }
        int misses = state.misses() + 1;
        return misses < Limits.CONNECTION_MISSES_MAX && !isLate(state.arrival(), e.nowNanos())
                ? askAgain(state.arrival(), e.ask(), misses, new GiveBack(e.ask(), false))
                : let(state.arrival(), state.use(), End.NOT_STARTED, e);
    }

    /** Its machine has let go of it, and goes back to the pool after the client has heard. */
    private static Step<Connection, ConnectionEffect> let(Arrival arrival, Use use, End end, Served e) {
        Ending ending = new Ending(
                end,
                e.detail(),
                e.received(),
                e.sent(),
                use.sinceNanos() - arrival.atNanos(),
                e.nowNanos() - use.sinceNanos());
        return new Step<>(
                new Ended(arrival, e.ask(), ending),
                List.of(new HangUp(), new GiveBack(e.ask(), e.how() == How.CLOSED), new Log(ending)));
    }

    private static End endOf(How how) {
        return switch (how) {
            case CLOSED -> End.CLOSED;
            case TIMED_OUT -> End.TIMED_OUT;
            case CRASHED -> End.CRASHED;
            case CANCELLED -> End.CANCELLED;
            case NOT_STARTED -> End.NOT_STARTED;
        };
    }

    /** The client has heard already; a machine that came in spite of it goes back unused. */
    private static Step<Connection, ConnectionEffect> withdrawing(Withdrawing state, ConnectionEvent event) {
        return switch (event) {
            case Granted e when e.ask() == state.ask() -> drained(state, e.nowNanos(), new GiveBack(e.ask(), true));
            case Refused e when e.ask() == state.ask() -> drained(state, e.nowNanos());
            case Granted _, Refused _, Served _, Cancelled _ -> Step.stay(state);
        };
    }

    private static Step<Connection, ConnectionEffect> drained(Withdrawing state, long now, ConnectionEffect... before) {
        Ending ending = new Ending(End.DRAINED, "", 0, 0, now - state.arrival().atNanos(), 0);
        Log log = new Log(ending);
        List<ConnectionEffect> effects = before.length == 0 ? List.of(log) : List.of(before[0], log);
        return new Step<>(new Ended(state.arrival(), state.ask(), ending), effects);
    }

    private static Step<Connection, ConnectionEffect> stopping(Stopping state, ConnectionEvent event) {
        return switch (event) {
            case Served e
            when e.ask() == state.ask() -> {
                // no other machine is asked for: the service ends
                End end = e.how() == How.NOT_STARTED ? End.CANCELLED : endOf(e.how());
                yield let(state.arrival(), state.use(), end, e);
            }
            case Served _, Granted _, Refused _, Cancelled _ -> Step.stay(state);
        };
    }
}
