package mayfly.core.pool;

import static mayfly.core.pool.Scene.machine;
import static mayfly.core.pool.Scene.spec;
import static mayfly.core.pool.Scene.ticket;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import mayfly.core.Property;
import mayfly.core.Step;
import mayfly.core.pool.PoolSpec.Reuse;
import mayfly.core.pool.PooledMachine.Busy;
import mayfly.core.pool.PooledMachine.Closing;
import mayfly.core.pool.PooledMachine.Starting;
import mayfly.core.pool.PooledMachine.Warm;
import mayfly.core.pool.PooledMachine.Wear;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each invariant says no to a state that breaks it, and whatever a pool is told, none is broken. */
class PoolInvariantsTest {
    private static final TemplateState READY = new TemplateState.Ready(1, 0, 0, 0, false);
    private static final TemplateState ABSENT = new TemplateState.Absent();
    private static final PooledMachine FREE = new Warm(machine(1), Wear.born(0), 0);
    private static final PooledMachine USED = new Warm(machine(1), Wear.born(0).granted(), 0);
    private static final PooledMachine BUSY = new Busy(machine(2), Wear.born(0).granted(), ticket(1), false);
    private static final PooledMachine STARTING = new Starting(machine(3));
    private static final Waiter WAITER = new Waiter(ticket(2), 0, 5_000);
    private static final PoolEvent TICK = new PoolEvent.Tick(10);

    static Stream<Arguments> broken() {
        List<Waiter> crowd = Stream.of(3L, 4L, 5L, 6L, 7L)
                .map(n -> new Waiter(ticket(n), 0, 5_000))
                .toList();
        return Stream.of(
                arguments("P1", open(READY, List.of(FREE, BUSY, STARTING), List.of(), 99)),
                arguments("P2", open(READY, List.of(STARTING), crowd, 99)),
                arguments("P3", open(READY, List.of(FREE), List.of(WAITER), 99)),
                arguments("P4", open(READY, List.of(), List.of(WAITER), 99)),
                arguments("P5", open(READY, List.of(USED), List.of(), 99)),
                arguments("P6", open(ABSENT, List.of(FREE), List.of(), 99)),
                arguments("P7", open(READY, List.of(STARTING), List.of(WAITER), 6_000)),
                arguments("P8", open(READY, List.of(FREE), List.of(), 10)),
                arguments("P9", new Pool.Draining(READY, List.of(FREE))),
                arguments("P10", new Pool.Draining(READY, List.of())),
                arguments("P11", open(READY, List.of(BUSY, new Closing(machine(2))), List.of(), 99)),
                arguments("P12", open(READY, List.of(BUSY), List.of(new Waiter(ticket(1), 0, 5_000)), 99)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void eachInvariantCanSayNo(String number, Pool after) {
        Pool before = Pools.create(spec(Reuse.FRESH, 0, 2), 0);
        assertThatThrownBy(() -> PoolInvariants.hold(before, TICK, Step.stay(after)))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith(number + ":");
    }

    @Test
    void whateverAPoolIsToldNothingBreaksAndTheSameEventGivesTheSameStep() {
        Property.holds(1_500, draw -> {
            Pool pool = Pools.create(spec(draw.oneOf(Reuse.values()), draw.between(0, 2), draw.between(2, 4)), 0);
            long now = 0;
            for (int i = 0; i < 60; i++) {
                now += Scene.millis(draw.oneOf(0, 1, 1, 5, 50, 5_000));
                PoolEvent event = anyEvent(draw, now);
                draw.tell(event);
                Step<Pool, PoolEffect> step = Pools.step(pool, event);
                Assertions.assertThat(Pools.step(pool, event)).isEqualTo(step);
                pool = step.state();
            }
        });
    }

    private static PoolEvent anyEvent(Property.Draw draw, long now) {
        MachineNumber machine = machine(draw.between(1, 6));
        Ticket ticket = ticket(draw.between(1, 20));
        boolean ok = draw.chance(80);
        Fault fault = draw.chance(50) ? new Fault.Host("EAGAIN") : new Fault.Code("SyntaxError");
        int round = draw.between(1, 2);
        long boot = draw.between(1, 3);
        return switch (draw.between(0, 24)) {
            case 0, 1, 2, 3, 4, 5 -> new PoolEvent.Acquire(ticket, now + Scene.millis(draw.between(0, 3_000)), now);
            case 6, 7, 8 -> new PoolEvent.Release(machine, ticket, ok, now);
            case 9, 10, 11 -> new PoolEvent.Created(machine, now);
            case 12 -> new PoolEvent.CreateFailed(machine, fault, now);
            case 13 -> new PoolEvent.HealthResult(machine, round, ok, now);
            case 14 -> new PoolEvent.ResetDone(machine, round, ok, now);
            case 15 -> new PoolEvent.MachineLost(machine, now);
            case 16, 17 -> new PoolEvent.Closed(machine, now);
            case 18, 19 -> new PoolEvent.TemplateReady(boot, now);
            case 20 ->
                draw.chance(50)
                        ? new PoolEvent.TemplateFailed(boot, fault, now)
                        : new PoolEvent.TemplateHealth(boot, round, ok, now);
            case 21 ->
                draw.chance(50) ? new PoolEvent.TemplateLost(boot, now) : new PoolEvent.TemplateClosed(boot, now);
            case 22 -> new PoolEvent.Cancel(ticket, now);
            case 23 -> draw.chance(10) ? new PoolEvent.Drain(now) : new PoolEvent.WarmUp(now);
            default -> new PoolEvent.Tick(now);
        };
    }

    private static Pool open(
            TemplateState template, List<PooledMachine> machines, List<Waiter> waiting, long tickAtNanos) {
        return new Pool.Open(
                spec(Reuse.FRESH, 0, 2), template, machines, waiting, new Supply.Sound(), 3, 1, 0, tickAtNanos);
    }
}
