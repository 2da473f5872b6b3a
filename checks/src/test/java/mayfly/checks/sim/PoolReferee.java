package mayfly.checks.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import mayfly.checks.sim.PoolModel.Body;
import mayfly.checks.sim.PoolModel.Phase;
import mayfly.core.Step;
import mayfly.core.pool.MachineNumber;
import mayfly.core.pool.Pool;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.PoolEvent;
import mayfly.core.pool.PoolSpec;
import mayfly.core.pool.Refusal;
import mayfly.core.pool.Ticket;

/** Judges every step of a pool against {@link PoolRule}, with a book of its own: it never looks into the pool's state. */
final class PoolReferee {
    /** How late the simulated shell's ticks may be. */
    static final long TICK_LATE_NANOS = 5_000_000;

    private final PoolModel model;
    private final Map<Ticket, Long> waiting = new LinkedHashMap<>();
    private final Set<Ticket> answered = new HashSet<>();
    private final Map<Ticket, MachineNumber> held = new HashMap<>();
    private boolean draining;
    private boolean drained;

    PoolReferee(PoolSpec spec) {
        model = new PoolModel(spec);
    }

    boolean holds(Ticket ticket) {
        return held.containsKey(ticket);
    }

    PoolModel model() {
        return model;
    }

    void judge(Pool before, PoolEvent event, Step<Pool, PoolEffect> step) {
        if (isStale(event)) {
            require(
                    step.state().equals(before) && step.effects().isEmpty(),
                    PoolRule.STALE_IS_NOTHING,
                    event + " led to " + step.effects());
            return;
        }
        note(event);
        for (PoolEffect effect : step.effects()) {
            note(effect, event);
        }
        after(event);
    }

    private boolean isStale(PoolEvent event) {
        return switch (event) {
            case PoolEvent.Acquire e -> waiting.containsKey(e.ticket()) || held.containsKey(e.ticket());
            case PoolEvent.Cancel e -> !waiting.containsKey(e.ticket());
            case PoolEvent.Release e -> !e.machine().equals(held.get(e.ticket()));
            default -> model.isStale(event, draining);
        };
    }

    private void note(PoolEvent event) {
        switch (event) {
            case PoolEvent.Acquire e -> waiting.put(e.ticket(), e.deadlineNanos());
            case PoolEvent.Release e -> {
                held.remove(e.ticket());
                model.released(e);
            }
            case PoolEvent.Drain _ -> draining = true;
            default -> model.note(event);
        }
    }

    private void note(PoolEffect effect, PoolEvent event) {
        require(!drained || effect instanceof PoolEffect.Refuse, PoolRule.DRAINS, effect + " after the end");
        switch (effect) {
            case PoolEffect.Grant e -> granted(e, event.nowNanos());
            case PoolEffect.Refuse e -> refused(e, event);
            case PoolEffect.Drained _ -> {
                require(draining && model.isEmpty(), PoolRule.DRAINS, "ended with something left: " + model);
                drained = true;
            }
            case PoolEffect.Create _, PoolEffect.BootTemplate _ -> {
                require(!draining, PoolRule.DRAINS, effect + " while draining");
                model.note(effect);
            }
            default -> model.note(effect);
        }
    }

    private void granted(PoolEffect.Grant e, long now) {
        require(!draining, PoolRule.DRAINS, "granted while draining");
        Long deadline = waiting.get(e.ticket());
        require(deadline != null, PoolRule.ONE_ANSWER, e + " to one who does not wait");
        require(waiting.keySet().iterator().next().equals(e.ticket()), PoolRule.IN_ORDER, e + ", waiting " + waiting);
        require(now < deadline, PoolRule.IN_TIME, e + " at " + now + ", deadline " + deadline);
        answer(e.ticket());
        held.put(e.ticket(), e.machine());
        model.granted(e);
    }

    private void refused(PoolEffect.Refuse e, PoolEvent event) {
        Long deadline = waiting.get(e.ticket());
        require(deadline != null, PoolRule.ONE_ANSWER, e + " to one who does not wait");
        boolean isNewcomer =
                event instanceof PoolEvent.Acquire acquire && acquire.ticket().equals(e.ticket());
        long now = event.nowNanos();
        boolean right = switch (e.refusal()) {
            case Refusal.QueueFull _ ->
                isNewcomer && waiting.size() > model.spec().waitingMax();
            case Refusal.DeadlinePassed _ -> now >= deadline;
            case Refusal.Cancelled _ -> event instanceof PoolEvent.Cancel;
            case Refusal.Draining _ -> draining;
            case Refusal.NoCapacity _, Refusal.CreateFailed _ -> !model.mayServe() && !model.isQuiet(now);
        };
        require(right, PoolRule.RIGHT_REASON, e + " on " + event + ", " + model);
        answer(e.ticket());
    }

    private void answer(Ticket ticket) {
        waiting.remove(ticket);
        require(answered.add(ticket), PoolRule.ONE_ANSWER, ticket + " answered again");
    }

    private void after(PoolEvent event) {
        long now = event.nowNanos();
        if (draining) {
            require(waiting.isEmpty(), PoolRule.DRAINS, "somebody waits: " + waiting);
            return;
        }
        for (Map.Entry<Ticket, Long> waiter : waiting.entrySet()) {
            require(now <= waiter.getValue() + TICK_LATE_NANOS, PoolRule.IN_TIME, waiter + " still waits at " + now);
        }
        wakeUps(now);
        if (event instanceof PoolEvent.Tick) {
            model.checkAfterTick(now, waiting.size());
        }
    }

    private void wakeUps(long now) {
        if (waiting.isEmpty()) {
            return;
        }
        require(model.count(Phase.FREE) == 0, PoolRule.NO_LOST_WAKE_UP, "a machine is free, waiting " + waiting);
        int coming = model.count(Phase.CREATING) + model.count(Phase.RESETTING);
        boolean couldMake = model.isQuiet(now) && model.hasRoom() && coming < waiting.size();
        boolean idle = couldMake && (model.body() == Body.READY || model.body() == Body.NONE);
        require(!idle, PoolRule.NO_LOST_WAKE_UP, "nothing is being made, waiting " + waiting + ", " + model);
    }

    /** After a silence longer than everything the spec waits for. */
    void afterSilence() {
        boolean zero = model.spec().minWarm() > 0 || model.isEmpty();
        require(zero && model.live() <= model.spec().minWarm(), PoolRule.SCALES_TO_ZERO, model.toString());
    }

    /** When nothing can happen any more. */
    void atTheEnd() {
        require(waiting.isEmpty(), PoolRule.ONE_ANSWER, "never answered: " + waiting);
        require(drained, PoolRule.DRAINS, "never ended: " + model);
    }

    static void require(boolean holds, PoolRule rule, String how) {
        if (!holds) {
            throw new PoolRule.Broken(rule, how);
        }
    }
}
