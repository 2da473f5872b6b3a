package mayfly.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import mayfly.core.Step;
import mayfly.core.pool.PoolSpec.Reuse;

/** A pool with a clock in milliseconds, to tell a test's story line by line: what happens, and what the pool orders. */
final class Scene {
    static final int WAIT_MILLIS = 5_000;

    private Pool pool;
    private long now;

    Scene(PoolSpec spec) {
        pool = Pools.create(spec, 0);
    }

    static PoolSpec spec(Reuse reuse, int minWarm, int maxMachines) {
        return new PoolSpec(
                reuse,
                minWarm,
                maxMachines,
                4,
                1_000,
                Duration.ofMinutes(10),
                Duration.ofMinutes(1),
                Duration.ofSeconds(10),
                false);
    }

    static long millis(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }

    static Ticket ticket(long number) {
        return new Ticket(number);
    }

    static MachineNumber machine(long number) {
        return new MachineNumber(number);
    }

    Scene at(long millis) {
        now = millis(millis);
        return this;
    }

    long now() {
        return now;
    }

    Pool pool() {
        return pool;
    }

    /** The event happens and the pool orders exactly this, in this order; ticks asked for are not counted. */
    Scene on(PoolEvent event, PoolEffect... expected) {
        assertThat(orders(event)).containsExactly(expected);
        return this;
    }

    List<PoolEffect> orders(PoolEvent event) {
        Step<Pool, PoolEffect> step = Pools.step(pool, event);
        pool = step.state();
        return step.effects().stream()
                .filter(effect -> !(effect instanceof PoolEffect.ScheduleTick))
                .toList();
    }

    /** The event changes nothing and orders nothing. */
    Scene ignores(PoolEvent event) {
        Step<Pool, PoolEffect> step = Pools.step(pool, event);
        assertThat(step.state()).isSameAs(pool);
        assertThat(step.effects()).isEmpty();
        return this;
    }

    PoolEvent acquire(long ticket) {
        return new PoolEvent.Acquire(ticket(ticket), now + millis(WAIT_MILLIS), now);
    }

    PoolEvent release(long machine, long ticket) {
        return new PoolEvent.Release(machine(machine), ticket(ticket), true, now);
    }

    PoolEvent crash(long machine, long ticket) {
        return new PoolEvent.Release(machine(machine), ticket(ticket), false, now);
    }

    PoolEvent created(long machine) {
        return new PoolEvent.Created(machine(machine), now);
    }

    PoolEvent closed(long machine) {
        return new PoolEvent.Closed(machine(machine), now);
    }

    PoolEvent templateReady(long boot) {
        return new PoolEvent.TemplateReady(boot, now);
    }

    PoolEvent tick() {
        return new PoolEvent.Tick(now);
    }
}
