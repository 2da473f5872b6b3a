package mayfly.checks.sim;

import static mayfly.checks.sim.Spoil.change;
import static mayfly.checks.sim.Spoil.drop;
import static mayfly.checks.sim.Spoil.holder;
import static mayfly.checks.sim.Spoil.lied;
import static mayfly.checks.sim.Spoil.undoGrant;
import static mayfly.checks.sim.Spoil.withMachines;
import static mayfly.checks.sim.Spoil.withSpec;
import static mayfly.checks.sim.Spoil.withTemplate;
import static mayfly.checks.sim.Spoil.withWaiting;
import static mayfly.checks.sim.Spoil.without;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mayfly.core.Step;
import mayfly.core.pool.Pool;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.PoolEvent;
import mayfly.core.pool.PoolSpec;
import mayfly.core.pool.PooledMachine;
import mayfly.core.pool.PooledMachine.Busy;
import mayfly.core.pool.Pools;
import mayfly.core.pool.Refusal;
import mayfly.core.pool.TemplateState;
import mayfly.core.pool.Waiter;

/** Bugs, each a real decider with one of its decisions spoilt. */
enum PoolMutant implements PoolWorld.Decider {
    /** A release counts whoever sends it. */
    RELEASE_WITHOUT_TICKET {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            if (event instanceof PoolEvent.Release e && holder(pool, e.machine()) instanceof Busy busy) {
                return Pools.step(pool, new PoolEvent.Release(e.machine(), busy.ticket(), e.healthy(), e.nowNanos()));
            }
            return Pools.step(pool, event);
        }
    },
    /** An answer to an old check ends the check under way. */
    CHECK_WITHOUT_ROUND {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            if (event instanceof PoolEvent.HealthResult e
                    && holder(pool, e.machine()) instanceof PooledMachine.Checking checking) {
                int round = checking.wear().rounds();
                return Pools.step(pool, new PoolEvent.HealthResult(e.machine(), round, e.ok(), e.nowNanos()));
            }
            return Pools.step(pool, event);
        }
    },
    /** The news of any boot is taken for the news of this one. */
    TEMPLATE_WITHOUT_BOOT {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            if (event instanceof PoolEvent.TemplateLost e
                    && pool instanceof Pool.Open open
                    && open.template() instanceof TemplateState.Ready ready) {
                return Pools.step(pool, new PoolEvent.TemplateLost(ready.boot(), e.nowNanos()));
            }
            return Pools.step(pool, event);
        }
    },
    /** A machine goes to its caller and to one more that waits. */
    GRANTS_TWICE {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            List<PoolEffect> effects = new ArrayList<>(step.effects());
            if (step.state() instanceof Pool.Open open && !open.waiting().isEmpty()) {
                Waiter next = open.waiting().getFirst();
                for (PoolEffect effect : step.effects()) {
                    if (effect instanceof PoolEffect.Grant grant) {
                        effects.add(new PoolEffect.Grant(next.ticket(), grant.machine(), grant.start()));
                        return new Step<>(withWaiting(open, without(open.waiting(), next)), effects);
                    }
                }
            }
            return step;
        }
    },
    /** A caller hears the same thing twice. */
    ANSWERS_TWICE {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            List<PoolEffect> effects = new ArrayList<>(step.effects());
            step.effects().stream().filter(PoolEffect.Refuse.class::isInstance).forEach(effects::add);
            return new Step<>(step.state(), effects);
        }
    },
    /** A caller that has to wait is not written down. */
    FORGETS_A_WAITER {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            if (event instanceof PoolEvent.Acquire
                    && step.state() instanceof Pool.Open open
                    && open.waiting().size() == 3) {
                return new Step<>(withWaiting(open, open.waiting().subList(0, 2)), step.effects());
            }
            return step;
        }
    },
    /** A drain does not tell those who wait. */
    DRAINS_SILENTLY {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return event instanceof PoolEvent.Drain
                    ? drop(pool, event, PoolEffect.Refuse.class)
                    : Pools.step(pool, event);
        }
    },
    /** A drained pool does not say so. */
    NEVER_ENDS {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return drop(pool, event, PoolEffect.Drained.class);
        }
    },
    /** The last caller is served first. */
    LAST_IN_FIRST_OUT {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return pool instanceof Pool.Open open && event instanceof PoolEvent.Release
                    ? lied(pool, withWaiting(open, open.waiting().reversed()), event)
                    : Pools.step(pool, event);
        }
    },
    /** A caller is served though its time is over, and never told that it is. */
    NO_DEADLINES {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return Pools.step(
                    pool,
                    event instanceof PoolEvent.Acquire e
                            ? new PoolEvent.Acquire(e.ticket(), e.deadlineNanos() + SECOND, e.nowNanos())
                            : event);
        }
    },
    /** The queue is said to be full when it is not. */
    REFUSES_TOO_EARLY {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            if (event instanceof PoolEvent.Acquire e
                    && pool instanceof Pool.Open open
                    && open.waiting().size() == 1) {
                return Step.with(pool, new PoolEffect.Refuse(e.ticket(), new Refusal.QueueFull()));
            }
            return Pools.step(pool, event);
        }
    },
    /** One machine more than allowed. */
    EXCEEDS_THE_LIMIT {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return withSpec(pool, event, spec -> change(spec, spec.minWarm(), spec.maxMachines() + 1, spec.useLimit()));
        }
    },
    /** The minimum is not kept. */
    FORGETS_THE_MINIMUM {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return withSpec(pool, event, spec -> change(spec, 0, spec.maxMachines(), spec.useLimit()));
        }
    },
    /** A machine serves on and on. */
    NEVER_WEARS_OUT {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return withSpec(pool, event, spec -> change(spec, spec.minWarm(), spec.maxMachines(), 1_000_000));
        }
    },
    /** A machine that came free is not given to the caller that waits. */
    LOSES_A_WAKE_UP {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            if (event instanceof PoolEvent.Release
                    && pool instanceof Pool.Open before
                    && step.state() instanceof Pool.Open after
                    && before.waiting().size() == after.waiting().size() + 1) {
                return undoGrant(before, after, step.effects(), event);
            }
            return step;
        }
    },
    /** A freed place is not used for the caller that waits for one. */
    LOSES_A_FREED_PLACE {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            if (event instanceof PoolEvent.Closed
                    && !step.state().equals(pool)
                    && step.state() instanceof Pool.Open open) {
                List<PooledMachine> machines = new ArrayList<>(open.machines());
                step.effects().forEach(effect -> {
                    if (effect instanceof PoolEffect.Create create) {
                        machines.removeIf(machine -> machine.number().equals(create.machine()));
                    }
                });
                return new Step<>(withMachines(open, machines), without(step.effects(), PoolEffect.Create.class));
            }
            return step;
        }
    },
    /** Nobody looks at the clock any more. */
    NEVER_TICKS {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return drop(pool, event, PoolEffect.ScheduleTick.class);
        }
    },
    /** Time passes without consequences. */
    IGNORES_TICKS {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            boolean tick = event instanceof PoolEvent.Tick && pool instanceof Pool.Open;
            return tick
                    ? Step.with(pool, new PoolEffect.ScheduleTick(event.nowNanos() + SECOND / 10))
                    : Pools.step(pool, event);
        }
    },
    /** A used fresh machine goes back to the free ones. */
    REUSES_FRESH_MACHINES {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return event instanceof PoolEvent.Release
                    ? withSpec(pool, event, spec -> change(spec, PoolSpec.Reuse.WARM, spec.idleAfter()))
                    : Pools.step(pool, event);
        }
    },
    /** A machine that was reset is said to be warm. */
    MISNAMES_THE_START {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            List<PoolEffect> effects = new ArrayList<>();
            for (PoolEffect effect : step.effects()) {
                effects.add(
                        effect instanceof PoolEffect.Grant grant
                                ? new PoolEffect.Grant(grant.ticket(), grant.machine(), PoolEffect.Start.FORKED)
                                : effect);
            }
            return new Step<>(step.state(), effects);
        }
    },
    /** What failed its check is kept. */
    KEEPS_SICK_MACHINES {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return Pools.step(
                    pool,
                    event instanceof PoolEvent.HealthResult e
                            ? new PoolEvent.HealthResult(e.machine(), e.round(), true, e.nowNanos())
                            : event);
        }
    },
    /** What could not be reset is kept. */
    KEEPS_UNRESET_MACHINES {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return Pools.step(
                    pool,
                    event instanceof PoolEvent.ResetDone e
                            ? new PoolEvent.ResetDone(e.machine(), e.round(), true, e.nowNanos())
                            : event);
        }
    },
    /** What died under its caller is closed under it. */
    CLOSES_BUSY_MACHINES {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            boolean busy = event instanceof PoolEvent.MachineLost e && holder(pool, e.machine()) instanceof Busy;
            return busy
                    ? new Step<>(step.state(), List.of(new PoolEffect.Close(((PoolEvent.MachineLost) event).machine())))
                    : step;
        }
    },
    /** A template goes while machines of it live. */
    CLOSES_THE_TEMPLATE_TOO_EARLY {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            if (event instanceof PoolEvent.TemplateHealth e
                    && !e.ok()
                    && step.state() instanceof Pool.Open open
                    && open.template() instanceof TemplateState.Retiring(var boot)) {
                List<PoolEffect> effects = new ArrayList<>(step.effects());
                effects.add(new PoolEffect.CloseTemplate(boot));
                return new Step<>(withTemplate(open, new TemplateState.Closing(boot)), effects);
            }
            return step;
        }
    },
    /** Idle machines and templates stay for ever. */
    NEVER_SCALES_TO_ZERO {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return withSpec(pool, event, spec -> change(spec, spec.reuse(), Duration.ofDays(1)));
        }
    },
    /** A caller that goes away is not told; nobody may be left without an answer. */
    CANCELS_SILENTLY {
        @Override
        public Step<Pool, PoolEffect> step(Pool pool, PoolEvent event) {
            return event instanceof PoolEvent.Cancel
                    ? drop(pool, event, PoolEffect.Refuse.class)
                    : Pools.step(pool, event);
        }
    };

    private static final long SECOND = 1_000_000_000;
}
