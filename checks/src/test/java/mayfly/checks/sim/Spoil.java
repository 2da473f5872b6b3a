package mayfly.checks.sim;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import mayfly.core.Step;
import mayfly.core.pool.MachineNumber;
import mayfly.core.pool.Pool;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.PoolEvent;
import mayfly.core.pool.PoolSpec;
import mayfly.core.pool.PooledMachine;
import mayfly.core.pool.PooledMachine.Busy;
import mayfly.core.pool.PooledMachine.Warm;
import mayfly.core.pool.Pools;
import mayfly.core.pool.TemplateState;
import mayfly.core.pool.Waiter;

/** Ways to spoil a step: the tools that {@link PoolMutant}s are made with. */
final class Spoil {
    private Spoil() {}

    static PooledMachine holder(Pool pool, MachineNumber number) {
        return pool.machines().stream()
                .filter(machine -> machine.number().equals(number))
                .findFirst()
                .orElse(null);
    }

    static Step<Pool, PoolEffect> drop(Pool pool, PoolEvent event, Class<? extends PoolEffect> kind) {
        Step<Pool, PoolEffect> step = Pools.step(pool, event);
        return step.effects().stream().noneMatch(kind::isInstance)
                ? step
                : new Step<>(step.state(), without(step.effects(), kind));
    }

    static List<PoolEffect> without(List<PoolEffect> effects, Class<? extends PoolEffect> kind) {
        return effects.stream().filter(Predicate.not(kind::isInstance)).toList();
    }

    static List<Waiter> without(List<Waiter> waiting, Waiter gone) {
        return waiting.stream().filter(waiter -> !waiter.equals(gone)).toList();
    }

    /** Steps with another spec, and gives the true one back. */
    static Step<Pool, PoolEffect> withSpec(Pool pool, PoolEvent event, UnaryOperator<PoolSpec> change) {
        if (!(pool instanceof Pool.Open open) || event instanceof PoolEvent.Configure) {
            return Pools.step(pool, event);
        }
        Pool.Open lie = copy(open, change.apply(open.spec()), open.template(), open.machines(), open.waiting());
        Step<Pool, PoolEffect> step = lied(pool, lie, event);
        return step.state() instanceof Pool.Open next
                ? new Step<>(
                        step.state().equals(pool)
                                ? pool
                                : copy(next, open.spec(), next.template(), next.machines(), next.waiting()),
                        step.effects())
                : step;
    }

    /** Steps from another state than the true one; what is stale there changes nothing here. */
    static Step<Pool, PoolEffect> lied(Pool pool, Pool lie, PoolEvent event) {
        Step<Pool, PoolEffect> step = Pools.step(lie, event);
        return step.state().equals(lie) ? new Step<>(pool, step.effects()) : step;
    }

    static PoolSpec change(PoolSpec spec, PoolSpec.Reuse reuse, Duration idleAfter) {
        return new PoolSpec(
                reuse,
                spec.minWarm(),
                spec.maxMachines(),
                spec.waitingMax(),
                spec.useLimit(),
                spec.ageLimit(),
                idleAfter,
                spec.healthEvery(),
                spec.resettable());
    }

    static PoolSpec change(PoolSpec spec, int minWarm, int maxMachines, int useLimit) {
        return new PoolSpec(
                spec.reuse(),
                minWarm,
                maxMachines,
                spec.waitingMax(),
                useLimit,
                spec.ageLimit(),
                spec.idleAfter(),
                spec.healthEvery(),
                spec.resettable());
    }

    static Step<Pool, PoolEffect> undoGrant(
            Pool.Open before, Pool.Open after, List<PoolEffect> effects, PoolEvent event) {
        Waiter lost = before.waiting().getFirst();
        List<PooledMachine> machines = after.machines().stream()
                .map(machine -> machine instanceof Busy busy && busy.ticket().equals(lost.ticket())
                        ? (PooledMachine) new Warm(busy.number(), busy.wear(), event.nowNanos())
                        : machine)
                .toList();
        return new Step<>(
                copy(after, after.spec(), after.template(), machines, before.waiting()),
                without(effects, PoolEffect.Grant.class));
    }

    static Pool withWaiting(Pool.Open pool, List<Waiter> waiting) {
        return copy(pool, pool.spec(), pool.template(), pool.machines(), waiting);
    }

    static Pool withMachines(Pool.Open pool, List<PooledMachine> machines) {
        return copy(pool, pool.spec(), pool.template(), machines, pool.waiting());
    }

    static Pool withTemplate(Pool.Open pool, TemplateState template) {
        return copy(pool, pool.spec(), template, pool.machines(), pool.waiting());
    }

    static Pool.Open copy(
            Pool.Open pool, PoolSpec spec, TemplateState template, List<PooledMachine> machines, List<Waiter> waiting) {
        return new Pool.Open(
                spec,
                template,
                List.copyOf(machines),
                List.copyOf(waiting),
                pool.supply(),
                pool.lastMachine(),
                pool.lastBoot(),
                pool.usedNanos(),
                pool.tickAtNanos());
    }
}
