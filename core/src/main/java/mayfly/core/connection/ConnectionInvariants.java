package mayfly.core.connection;

import java.util.List;
import mayfly.base.Limits;
import mayfly.core.Step;
import mayfly.core.connection.Connection.Ended;
import mayfly.core.connection.Connection.Held;
import mayfly.core.connection.Connection.Serving;
import mayfly.core.connection.Connection.Stopping;
import mayfly.core.connection.Connection.Withdrawing;
import mayfly.core.connection.ConnectionEffect.AskForMachine;
import mayfly.core.connection.ConnectionEffect.GiveBack;
import mayfly.core.connection.ConnectionEffect.HangUp;
import mayfly.core.connection.ConnectionEffect.Log;
import mayfly.core.connection.ConnectionEffect.Serve;

/** What is true after every step of a connection (the numbers are INVARIANTS.md's); checked where assertions are on. */
final class ConnectionInvariants {
    private ConnectionInvariants() {}

    /** True, or throws an AssertionError that names the invariant, the event and the states. */
    static boolean hold(Connection before, ConnectionEvent event, Step<Connection, ConnectionEffect> step) {
        Connection after = step.state();
        List<ConnectionEffect> effects = step.effects();
        try {
            boolean ends = after instanceof Ended && !(before instanceof Ended);
            boolean finalStays = !(before instanceof Ended) || (after.equals(before) && effects.isEmpty());
            require(finalStays, "N1: an end is final");
            require(count(effects, Log.class) == (ends ? 1 : 0), "N1: every end is told once");
            boolean hangsUp = isOpen(before) && !isOpen(after);
            require(count(effects, HangUp.class) == (hangsUp ? 1 : 0), "N2: who does not serve on hangs up, once");
            require(count(effects, Serve.class) == (begins(before, after) ? 1 : 0), "N3: a machine serves once");
            int unused = before instanceof Withdrawing && event instanceof ConnectionEvent.Granted && ends ? 1 : 0;
            int back = owns(before) && !owns(after) ? 1 : unused;
            require(count(effects, GiveBack.class) == back, "N3: a machine goes back once, when it is let go");
            require(after.ask() == before.ask() + count(effects, AskForMachine.class), "N4: one ask at a time");
            require(misses(after) < Limits.CONNECTION_MISSES_MAX, "N4: few machines are missed");
            return true;
        } catch (AssertionError broken) {
            throw new AssertionError(
                    broken.getMessage() + "\n before " + before + "\n event " + event + "\n step " + step, broken);
        }
    }

    /** Whether the client may still be served. */
    private static boolean isOpen(Connection connection) {
        return switch (connection) {
            case Held _, Serving _, Stopping _ -> true;
            case Withdrawing _, Ended _ -> false;
        };
    }

    private static boolean owns(Connection connection) {
        return switch (connection) {
            case Serving _, Stopping _ -> true;
            case Held _, Withdrawing _, Ended _ -> false;
        };
    }

    private static boolean begins(Connection before, Connection after) {
        return before instanceof Held && after instanceof Serving;
    }

    private static int misses(Connection connection) {
        return switch (connection) {
            case Held held -> held.misses();
            case Serving serving -> serving.misses();
            case Withdrawing _, Stopping _, Ended _ -> 0;
        };
    }

    private static int count(List<ConnectionEffect> effects, Class<? extends ConnectionEffect> kind) {
        return (int) effects.stream().filter(kind::isInstance).count();
    }

    private static void require(boolean holds, String invariant) {
        if (!holds) {
            throw new AssertionError(invariant);
        }
    }
}
