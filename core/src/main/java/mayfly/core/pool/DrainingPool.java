package mayfly.core.pool;

import java.util.ArrayList;
import java.util.List;
import mayfly.core.Step;
import mayfly.core.pool.PooledMachine.Busy;
import mayfly.core.pool.PooledMachine.Checking;
import mayfly.core.pool.PooledMachine.Closing;
import mayfly.core.pool.PooledMachine.Resetting;
import mayfly.core.pool.PooledMachine.Starting;
import mayfly.core.pool.PooledMachine.Warm;
import mayfly.core.pool.TemplateState.Absent;
import mayfly.core.pool.TemplateState.Booting;
import mayfly.core.pool.TemplateState.Ready;
import mayfly.core.pool.TemplateState.Retiring;

/** How a pool ends: callers keep their machines until they release them; then the machines, last the template. */
final class DrainingPool {
    private DrainingPool() {}

    static Step<Pool, PoolEffect> begin(Pool.Open pool) {
        List<PoolEffect> effects = new ArrayList<>();
        for (Waiter waiter : pool.waiting()) {
            effects.add(new PoolEffect.Refuse(waiter.ticket(), new Refusal.Draining()));
        }
        Row<PooledMachine> machines = Row.copyOf(pool.machines());
        for (int i = 0; i < machines.size(); i++) {
            switch (machines.get(i)) {
                case Warm _, Checking _, Resetting _ -> machines = close(machines, i, effects);
                case Starting _, Busy _, Closing _ -> {} // each ends with an event
            }
        }
        return settle(pool.template(), machines, effects);
    }

    static Step<Pool, PoolEffect> step(Pool.Draining pool, PoolEvent event) {
        return switch (event) {
            case PoolEvent.Acquire(var ticket, var _, var _) ->
                holds(pool, ticket)
                        ? Step.stay(pool)
                        : Step.with(pool, new PoolEffect.Refuse(ticket, new Refusal.Draining()));
            case PoolEvent.Release e -> release(pool, e);
            case PoolEvent.Created e -> created(pool, e);
            case PoolEvent.CreateFailed e -> createFailed(pool, e);
            case PoolEvent.Closed e -> closed(pool, e);
            case PoolEvent.TemplateReady e -> templateReady(pool, e);
            case PoolEvent.TemplateFailed e -> templateFailed(pool, e);
            case PoolEvent.TemplateClosed e -> templateClosed(pool, e);
            // nobody waits, nothing is checked or reset, and what died is closed in its turn
            case PoolEvent.Cancel _,
                    PoolEvent.ResetDone _,
                    PoolEvent.HealthResult _,
                    PoolEvent.MachineLost _,
                    PoolEvent.TemplateHealth _,
                    PoolEvent.TemplateLost _,
                    PoolEvent.WarmUp _,
                    PoolEvent.Tick _,
                    PoolEvent.Configure _,
                    PoolEvent.Drain _ -> Step.stay(pool);
        };
    }

    private static boolean holds(Pool.Draining pool, Ticket ticket) {
        return pool.machines().stream()
                .anyMatch(
                        machine -> machine instanceof Busy busy && busy.ticket().equals(ticket));
    }

    private static Step<Pool, PoolEffect> release(Pool.Draining pool, PoolEvent.Release e) {
        int at = Turn.indexOf(pool.machines(), e.machine());
        if (at >= 0
                && pool.machines().get(at) instanceof Busy busy
                && busy.ticket().equals(e.ticket())) {
            return closing(pool, at);
        }
        return Step.stay(pool);
    }

    private static Step<Pool, PoolEffect> created(Pool.Draining pool, PoolEvent.Created e) {
        int at = Turn.indexOf(pool.machines(), e.machine());
        if (at >= 0 && pool.machines().get(at) instanceof Starting) {
            return closing(pool, at);
        }
        return Step.stay(pool);
    }

    private static Step<Pool, PoolEffect> createFailed(Pool.Draining pool, PoolEvent.CreateFailed e) {
        int at = Turn.indexOf(pool.machines(), e.machine());
        if (at >= 0 && pool.machines().get(at) instanceof Starting) {
            return gone(pool, at);
        }
        return Step.stay(pool);
    }

    private static Step<Pool, PoolEffect> closed(Pool.Draining pool, PoolEvent.Closed e) {
        int at = Turn.indexOf(pool.machines(), e.machine());
        if (at >= 0 && pool.machines().get(at) instanceof Closing) {
            return gone(pool, at);
        }
        return Step.stay(pool);
    }

    private static Step<Pool, PoolEffect> templateReady(Pool.Draining pool, PoolEvent.TemplateReady e) {
        if (pool.template() instanceof Booting(var boot) && boot == e.boot()) {
            TemplateState ready = new Ready(boot, e.nowNanos(), e.nowNanos(), 0, false);
            return settle(ready, Row.copyOf(pool.machines()), new ArrayList<>());
        }
        return Step.stay(pool);
    }

    private static Step<Pool, PoolEffect> templateFailed(Pool.Draining pool, PoolEvent.TemplateFailed e) {
        if (pool.template() instanceof Booting(var boot) && boot == e.boot()) {
            return settle(new Absent(), Row.copyOf(pool.machines()), new ArrayList<>());
        }
        return Step.stay(pool);
    }

    private static Step<Pool, PoolEffect> templateClosed(Pool.Draining pool, PoolEvent.TemplateClosed e) {
        if (pool.template() instanceof TemplateState.Closing(var boot) && boot == e.boot()) {
            return settle(new Absent(), Row.copyOf(pool.machines()), new ArrayList<>());
        }
        return Step.stay(pool);
    }

    private static Step<Pool, PoolEffect> closing(Pool.Draining pool, int at) {
        List<PoolEffect> effects = new ArrayList<>();
        return settle(pool.template(), close(Row.copyOf(pool.machines()), at, effects), effects);
    }

    private static Step<Pool, PoolEffect> gone(Pool.Draining pool, int at) {
        return settle(pool.template(), Row.copyOf(pool.machines()).minus(at), new ArrayList<>());
    }

    private static Row<PooledMachine> close(Row<PooledMachine> machines, int at, List<PoolEffect> effects) {
        MachineNumber number = machines.get(at).number();
        effects.add(new PoolEffect.Close(number));
        return machines.with(at, new Closing(number));
    }

    private static Step<Pool, PoolEffect> settle(
            TemplateState template, Row<PooledMachine> machines, List<PoolEffect> effects) {
        if (!machines.isEmpty()) {
            return new Step<>(new Pool.Draining(template, machines), effects);
        }
        return switch (template) {
            case Absent _ -> {
                effects.add(new PoolEffect.Drained());
                yield new Step<>(new Pool.Drained(), effects);
            }
            case Ready(var boot, var _, var _, var _, var _) -> closeTemplate(boot, effects);
            case Retiring(var boot) -> closeTemplate(boot, effects);
            case Booting _, TemplateState.Closing _ -> new Step<>(new Pool.Draining(template, Row.empty()), effects);
        };
    }

    private static Step<Pool, PoolEffect> closeTemplate(long boot, List<PoolEffect> effects) {
        effects.add(new PoolEffect.CloseTemplate(boot));
        return new Step<>(new Pool.Draining(new TemplateState.Closing(boot), Row.empty()), effects);
    }
}
