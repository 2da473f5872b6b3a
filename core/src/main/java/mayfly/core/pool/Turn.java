package mayfly.core.pool;

import java.util.ArrayList;
import java.util.List;
import mayfly.core.Step;

/** One step's working copy of an open pool: a handler changes it, {@link Settling} restores the rules, then it is frozen. */
final class Turn {
    final long now;
    PoolSpec spec;
    TemplateState template;
    Row<PooledMachine> machines;
    Row<Waiter> waiting;
    Supply supply;
    long lastMachine;
    long lastBoot;
    long usedNanos;
    long tickAtNanos;

    private final List<PoolEffect> answers = new ArrayList<>(2);
    private final List<PoolEffect> orders = new ArrayList<>(2);

    Turn(Pool.Open pool, long now) {
        this.now = now;
        spec = pool.spec();
        template = pool.template();
        machines = Row.copyOf(pool.machines());
        waiting = Row.copyOf(pool.waiting());
        supply = OpenTemplate.remembered(pool.supply(), now);
        lastMachine = pool.lastMachine();
        lastBoot = pool.lastBoot();
        usedNanos = pool.usedNanos();
        tickAtNanos = pool.tickAtNanos();
    }

    /** The machine's place in the row, -1 when it is gone. */
    int find(MachineNumber number) {
        return indexOf(machines, number);
    }

    static int indexOf(List<PooledMachine> machines, MachineNumber number) {
        for (int i = 0; i < machines.size(); i++) {
            if (machines.get(i).number().value() == number.value()) {
                return i;
            }
        }
        return -1;
    }

    void put(int at, PooledMachine machine) {
        machines = machines.with(at, machine);
    }

    void close(int at) {
        MachineNumber number = machines.get(at).number();
        put(at, new PooledMachine.Closing(number));
        orders.add(new PoolEffect.Close(number));
    }

    void grant(Ticket ticket, MachineNumber machine, PoolEffect.Start start) {
        answers.add(new PoolEffect.Grant(ticket, machine, start));
    }

    void refuse(Ticket ticket, Refusal refusal) {
        answers.add(new PoolEffect.Refuse(ticket, refusal));
    }

    void order(PoolEffect effect) {
        orders.add(effect);
    }

    /** Makes the answer to everything but a tick: the tick is set anew only if something is due before it. */
    Step<Pool, PoolEffect> done() {
        // the older waiters' deadlines went into tickAtNanos when they came
        long newest = waiting.isEmpty()
                ? Long.MAX_VALUE
                : waiting.get(waiting.size() - 1).deadlineNanos();
        armed(Math.min(tickAtNanos, Math.min(newest, Schedule.dueNanos(this))), false);
        return frozen();
    }

    /** Makes the answer to a tick, which used the last schedule up. */
    Step<Pool, PoolEffect> doneTick() {
        armed(Math.min(Schedule.waitersDueNanos(waiting), Schedule.dueNanos(this)), true);
        return frozen();
    }

    private void armed(long at, boolean anew) {
        if (at != Long.MAX_VALUE && (anew || at < tickAtNanos)) {
            orders.add(new PoolEffect.ScheduleTick(at));
        }
        tickAtNanos = at;
    }

    private Step<Pool, PoolEffect> frozen() {
        answers.addAll(orders);
        return new Step<>(
                new Pool.Open(spec, template, machines, waiting, supply, lastMachine, lastBoot, usedNanos, tickAtNanos),
                answers);
    }
}
