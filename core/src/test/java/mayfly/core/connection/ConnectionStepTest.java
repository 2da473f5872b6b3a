package mayfly.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mayfly.base.Limits;
import mayfly.core.Property;
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
import mayfly.core.connection.ConnectionEvent.Hindrance;
import mayfly.core.connection.ConnectionEvent.How;
import mayfly.core.connection.ConnectionEvent.Refused;
import mayfly.core.connection.ConnectionEvent.Served;
import mayfly.core.connection.Ending.End;
import mayfly.core.pool.PoolEffect.Start;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConnectionStepTest {
    private static final Arrival ARRIVAL = new Arrival(7, "192.0.2.1:40000", 100, 1_000);
    private static final Use USE = new Use("mac", Start.FORKED, 150);
    private static final int LAST = Limits.CONNECTION_MISSES_MAX - 1;

    static Stream<Arguments> table() {
        return Stream.of(waits(), serves(), stops()).flatMap(it -> it);
    }

    private static Stream<Arguments> waits() {
        return Stream.of(
                arguments(held(1, 0), granted(1, 150), step(serving(1, 0), new Serve(1))),
                arguments(held(1, 0), refused(1, Hindrance.TOO_LATE, 1_000), unserved(1, End.WAITED_TOO_LONG, 900)),
                arguments(held(1, 0), refused(1, Hindrance.NO_CAPACITY, 200), unserved(1, End.NO_CAPACITY, 100)),
                arguments(held(2, 1), refused(2, Hindrance.INIT_FAILED, 200), unserved(2, End.INIT_FAILED, 100)),
                arguments(held(1, 0), refused(1, Hindrance.DRAINING, 200), unserved(1, End.DRAINED, 100)),
                arguments(
                        held(1, 1), refused(1, Hindrance.REPLACED, 999), step(held(2, 1), new AskForMachine(2, 1_000))),
                arguments(held(1, 0), refused(1, Hindrance.REPLACED, 1_000), unserved(1, End.WAITED_TOO_LONG, 900)),
                arguments(held(2, 1), granted(1, 150), Step.stay(held(2, 1))),
                arguments(held(2, 1), refused(1, Hindrance.TOO_LATE, 150), Step.stay(held(2, 1))),
                arguments(held(2, 1), served(1, How.CLOSED, 150), Step.stay(held(2, 1))));
    }

    private static Stream<Arguments> serves() {
        return Stream.of(
                arguments(serving(1, 0), served(1, How.CLOSED, 400), let(1, End.CLOSED, true)),
                arguments(serving(1, 0), served(1, How.TIMED_OUT, 400), let(1, End.TIMED_OUT, false)),
                arguments(serving(1, 0), served(1, How.CRASHED, 400), let(1, End.CRASHED, false)),
                arguments(serving(1, 0), served(1, How.CANCELLED, 400), let(1, End.CANCELLED, false)),
                arguments(
                        serving(1, 0),
                        served(1, How.NOT_STARTED, 400),
                        step(held(2, 1), new GiveBack(1, false), new AskForMachine(2, 1_000))),
                arguments(serving(3, LAST), served(3, How.NOT_STARTED, 400), let(3, End.NOT_STARTED, false)),
                arguments(serving(2, 1), served(1, How.CLOSED, 400), Step.stay(serving(2, 1))),
                arguments(serving(1, 0), granted(1, 400), Step.stay(serving(1, 0))),
                arguments(serving(1, 0), refused(1, Hindrance.DRAINING, 400), Step.stay(serving(1, 0))));
    }

    private static Stream<Arguments> stops() {
        Stopping stopping = new Stopping(ARRIVAL, 1, USE);
        Withdrawing withdrawing = new Withdrawing(ARRIVAL, 1);
        Ending drained = new Ending(End.DRAINED, "", 0, 0, 300, 0);
        return Stream.of(
                arguments(held(1, 0), new Cancelled(300), step(withdrawing, new HangUp())),
                arguments(withdrawing, new Cancelled(300), Step.stay(withdrawing)),
                arguments(
                        withdrawing,
                        granted(1, 400),
                        step(new Ended(ARRIVAL, 1, drained), new GiveBack(1, true), new Log(drained))),
                arguments(
                        withdrawing,
                        refused(1, Hindrance.DRAINING, 400),
                        step(new Ended(ARRIVAL, 1, drained), new Log(drained))),
                arguments(withdrawing, granted(2, 400), Step.stay(withdrawing)),
                arguments(serving(1, 0), new Cancelled(300), step(stopping, new CloseMachine(1))),
                arguments(stopping, new Cancelled(300), Step.stay(stopping)),
                arguments(stopping, served(1, How.CANCELLED, 400), let(1, End.CANCELLED, false)),
                // the program was quicker
                arguments(stopping, served(1, How.CLOSED, 400), let(1, End.CLOSED, true)),
                // no other machine is asked for
                arguments(stopping, served(1, How.NOT_STARTED, 400), let(1, End.CANCELLED, false)),
                arguments(stopping, granted(1, 400), Step.stay(stopping)),
                arguments(
                        new Ended(ARRIVAL, 1, drained), new Cancelled(400), Step.stay(new Ended(ARRIVAL, 1, drained))),
                arguments(new Ended(ARRIVAL, 1, drained), granted(1, 400), Step.stay(new Ended(ARRIVAL, 1, drained))));
    }

    @ParameterizedTest
    @MethodSource("table")
    void stepsAsTheTableSays(Connection before, ConnectionEvent event, Step<Connection, ConnectionEffect> expected) {
        assertThat(Connections.step(before, event)).isEqualTo(expected);
    }

    @Test
    void anAcceptedConnectionAsksAtOnce() {
        assertThat(Connections.begin(ARRIVAL)).isEqualTo(step(held(1, 0), new AskForMachine(1, 1_000)));
    }

    /** Whatever comes in whatever order, with stale news between: one end, one hang-up, every machine back once. */
    @Test
    void everyConnectionEndsOnce() {
        Property.holds(2_000, draw -> {
            Step<Connection, ConnectionEffect> step = Connections.begin(ARRIVAL);
            List<ConnectionEffect> effects = new ArrayList<>(step.effects());
            long now = 100;
            for (int i = 0; i < 40 && !(step.state() instanceof Ended); i++) {
                now += draw.between(0, 60);
                int stale = draw.chance(30) ? draw.between(-2, 1) : 0;
                ConnectionEvent event = event(draw, step.state().ask() + stale, now);
                draw.tell(step.state() + " " + event);
                step = Connections.step(step.state(), event);
                effects.addAll(step.effects());
            }
            if (!(step.state() instanceof Ended)) {
                return; // nothing that it waited for came
            }
            assertThat(count(effects, HangUp.class)).as("hung up").isEqualTo(1);
            assertThat(count(effects, Log.class)).as("told").isEqualTo(1);
            assertThat(effects.getLast()).isInstanceOf(Log.class);
            assertThat(count(effects, Serve.class)).isLessThanOrEqualTo(Limits.CONNECTION_MISSES_MAX);
            assertThat(count(effects, GiveBack.class)).isGreaterThanOrEqualTo(count(effects, Serve.class));
            assertThat(count(effects, GiveBack.class)).isLessThanOrEqualTo(count(effects, AskForMachine.class));
            for (int ask = 1; ask <= step.state().ask(); ask++) {
                int number = ask;
                assertThat(effects.stream()
                                        .filter(new GiveBack(number, true)::equals)
                                        .count()
                                + effects.stream()
                                        .filter(new GiveBack(number, false)::equals)
                                        .count())
                        .as("ask " + ask)
                        .isLessThanOrEqualTo(1);
            }
            Connection ended = step.state();
            ConnectionEvent more = event(draw, ended.ask(), now + 1);
            assertThat(Connections.step(ended, more)).isEqualTo(Step.stay(ended));
        });
    }

    /** News of another ask than the last changes nothing, in any state. */
    @Test
    void staleNewsChangesNothing() {
        Property.holds(500, draw -> {
            Connection state = draw.oneOf(
                    held(3, draw.between(0, LAST)),
                    serving(3, draw.between(0, LAST)),
                    new Stopping(ARRIVAL, 3, USE),
                    new Withdrawing(ARRIVAL, 3));
            ConnectionEvent event = event(draw, draw.oneOf(1, 2, 4), draw.between(150, 2_000));
            if (!(event instanceof Cancelled)) {
                assertThat(Connections.step(state, event)).isEqualTo(Step.stay(state));
            }
        });
    }

    /** The checker says no: a step that keeps its machine, one that ends untold, one that hangs up twice, one that serves on. */
    @Test
    void theInvariantsAreChecked() {
        Ending ending = new Ending(End.CLOSED, "", 1, 1, 50, 250);
        Ended ended = new Ended(ARRIVAL, 1, ending);
        Served event = served(1, How.CLOSED, 400);
        says("N3", serving(1, 0), event, step(ended, new HangUp(), new Log(ending)));
        says(
                "N3",
                serving(1, 0),
                event,
                step(ended, new HangUp(), new GiveBack(1, true), new GiveBack(1, true), new Log(ending)));
        says("N1", serving(1, 0), event, step(ended, new HangUp(), new GiveBack(1, true)));
        says("N2", serving(1, 0), event, step(ended, new GiveBack(1, true), new Log(ending)));
        says(
                "N2",
                new Withdrawing(ARRIVAL, 1),
                refused(1, Hindrance.DRAINING, 400),
                step(ended, new HangUp(), new Log(ending)));
        says("N1", ended, event, step(held(1, 0)));
        says("N1", ended, event, step(ended, new HangUp()));
        says("N3", held(1, 0), granted(1, 150), step(serving(1, 0)));
        says("N3", serving(1, 0), event, step(serving(1, 0), new Serve(1)));
        says("N4", serving(1, 0), event, step(held(2, 1), new GiveBack(1, false)));
        says(
                "N4",
                serving(3, LAST),
                event,
                step(held(4, LAST + 1), new GiveBack(3, false), new AskForMachine(4, 1_000)));
    }

    private static void says(
            String invariant, Connection before, ConnectionEvent event, Step<Connection, ConnectionEffect> step) {
        assertThatThrownBy(() -> ConnectionInvariants.hold(before, event, step))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith(invariant);
    }

    private static ConnectionEvent event(Property.Draw draw, int ask, long now) {
        return switch (draw.between(0, 5)) {
            case 0, 1 -> granted(ask, now);
            case 2 -> refused(ask, draw.oneOf(Hindrance.values()), now);
            case 3, 4 -> served(ask, draw.oneOf(How.values()), now);
            default -> new Cancelled(now);
        };
    }

    private static long count(List<ConnectionEffect> effects, Class<? extends ConnectionEffect> kind) {
        return effects.stream().filter(kind::isInstance).count();
    }

    private static Held held(int ask, int misses) {
        return new Held(ARRIVAL, ask, misses);
    }

    private static Serving serving(int ask, int misses) {
        return new Serving(ARRIVAL, ask, misses, USE);
    }

    private static Granted granted(int ask, long now) {
        return new Granted(ask, "mac", Start.FORKED, now);
    }

    private static Refused refused(int ask, Hindrance hindrance, long now) {
        return new Refused(ask, hindrance, "why", now);
    }

    private static Served served(int ask, How how, long now) {
        return new Served(ask, how, "so", 10, 20, now);
    }

    private static Step<Connection, ConnectionEffect> step(Connection state, ConnectionEffect... effects) {
        return new Step<>(state, List.of(effects));
    }

    private static Step<Connection, ConnectionEffect> unserved(int ask, End end, long heldNanos) {
        Ending ending = new Ending(end, "why", 0, 0, heldNanos, 0);
        return step(new Ended(ARRIVAL, ask, ending), new HangUp(), new Log(ending));
    }

    private static Step<Connection, ConnectionEffect> let(int ask, End end, boolean healthy) {
        Ending ending = new Ending(end, "so", 10, 20, 50, 250);
        return step(new Ended(ARRIVAL, ask, ending), new HangUp(), new GiveBack(ask, healthy), new Log(ending));
    }
}
