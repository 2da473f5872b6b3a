package mayfly.core.runnerpool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;
import mayfly.core.runnerpool.PoolLife.Decider;
import mayfly.core.runnerpool.RunnerPool.Claim;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.Failing;
import mayfly.core.runnerpool.RunnerPoolEffect.Grant;
import mayfly.core.runnerpool.RunnerPoolEffect.OpenConnection;
import mayfly.core.runnerpool.RunnerPoolEvent.Ask;
import mayfly.core.runnerpool.RunnerPoolEvent.Configured;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionEnded;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionFailed;
import mayfly.core.runnerpool.RunnerPoolEvent.Offered;
import mayfly.core.runnerpool.RunnerPoolEvent.Release;
import mayfly.core.runnerpool.RunnerPoolEvent.Retired;
import mayfly.core.runnerpool.RunnerPoolEvent.Tick;
import mayfly.core.runnerpool.RunnerPoolEvent.Withheld;

/** Bugs, each the real pool with some of its news or its orders spoilt. */
enum PoolMutant implements PoolLife.Planter {
    /** Who came last is served first. */
    LAST_COME_FIRST_SERVED {
        @Override
        public Decider around(RunnerPool pool) {
            Deque<Claim> stack = new ArrayDeque<>();
            return event -> {
                if (event instanceof Ask e) {
                    stack.remove(new Claim(e.actor(), e.generation()));
                    stack.push(new Claim(e.actor(), e.generation()));
                }
                return map(pool.step(event), effect -> {
                    if (effect instanceof Grant grant) {
                        Claim newest = stack.isEmpty() ? new Claim(grant.actor(), grant.generation()) : stack.pop();
                        return new Grant(newest.actor(), newest.generation(), grant.runner());
                    }
                    return effect;
                });
            };
        }
    },
    GRANTS_TWICE {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> {
                List<RunnerPoolEffect> effects = new ArrayList<>(pool.step(event));
                effects.stream().filter(Grant.class::isInstance).findFirst().ifPresent(effects::add);
                return effects;
            };
        }
    },
    LOSES_A_GRANT {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> without(pool.step(event), Grant.class);
        }
    },
    GRANTS_WHAT_IS_WITHHELD {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> event instanceof Withheld e ? pool.step(new Tick(e.nowMillis())) : pool.step(event);
        }
    },
    GRANTS_WHAT_IS_RETIRED {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> event instanceof Retired e ? pool.step(new Tick(e.nowMillis())) : pool.step(event);
        }
    },
    BELIEVES_IN_MORE_SLOTS {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> event instanceof Offered e
                    ? pool.step(new Offered(e.runner(), e.version(), e.slots() + 1, e.nowMillis()))
                    : pool.step(event);
        }
    },
    IGNORES_VERSIONS {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> event instanceof Offered e
                    ? pool.step(new Offered(e.runner(), 1, e.slots(), e.nowMillis()))
                    : pool.step(event);
        }
    },
    LEAKS_A_SLOT {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> event instanceof Release e && e.generation() == 2
                    ? pool.step(new Tick(e.nowMillis()))
                    : pool.step(event);
        }
    },
    REFUSES_WHO_WOULD_WAIT {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> event instanceof Ask e
                    ? pool.step(new Ask(e.actor(), e.generation(), false, e.nowMillis()))
                    : pool.step(event);
        }
    },
    /** The end of any connection ends the first. */
    END_WITHOUT_A_NUMBER {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> event instanceof ConnectionEnded e && e.number() == 10_000
                    ? pool.step(new ConnectionEnded(1, e.nowMillis()))
                    : pool.step(event);
        }
    },
    /** An ask that was made before is another one. */
    ASK_WITHOUT_A_GENERATION {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> {
                if (event instanceof Ask e && pool.granted.containsKey(new Claim(e.actor(), e.generation()))) {
                    return pool.step(new Ask(e.actor(), e.generation() + 100, true, e.nowMillis()));
                }
                return pool.step(event);
            };
        }
    },
    OPENS_TOO_FEW {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> {
                List<RunnerPoolEffect> effects = new ArrayList<>(pool.step(event));
                effects.removeIf(effect -> effect instanceof OpenConnection e && e.number() % 3 == 0);
                return effects;
            };
        }
    },
    OPENS_THOUGH_ONE_IS_FORGOTTEN {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> {
                List<RunnerPoolEffect> effects = new ArrayList<>(pool.step(event));
                if (event instanceof Ask e && e.actor().hashCode() % 4 == 0) {
                    effects.add(new OpenConnection(5_000 + effects.hashCode() % 1_000));
                }
                return effects;
            };
        }
    },
    /** A failure is over at once, as if the endpoint were another one. */
    NEVER_PAUSES {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> {
                List<RunnerPoolEffect> effects = new ArrayList<>(pool.step(event));
                if (event instanceof ConnectionFailed e) {
                    effects.addAll(pool.step(new Configured(pool.spec, true, e.nowMillis())));
                }
                return effects;
            };
        }
    },
    KEEPS_CONNECTIONS_FOR_EVER {
        @Override
        public Decider around(RunnerPool pool) {
            return respec(
                    pool,
                    spec -> copy(spec, RunnerPoolSpec.UNLIMITED_MILLIS, spec.drainGraceMillis(), spec.idleMillis()));
        }
    },
    DRAINS_WITHOUT_PATIENCE {
        @Override
        public Decider around(RunnerPool pool) {
            return respec(pool, spec -> copy(spec, spec.lifespanMillis(), spec.drainGraceMillis(), 0));
        }
    },
    KEEPS_AN_ERROR_SECRET {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> without(pool.step(event), Failing.class);
        }
    },
    DRAINS_TWICE {
        @Override
        public Decider around(RunnerPool pool) {
            return event -> {
                List<RunnerPoolEffect> effects = new ArrayList<>(pool.step(event));
                effects.stream()
                        .filter(DrainConnection.class::isInstance)
                        .findFirst()
                        .ifPresent(effects::add);
                return effects;
            };
        }
    };

    private static List<RunnerPoolEffect> map(List<RunnerPoolEffect> effects, UnaryOperator<RunnerPoolEffect> change) {
        return effects.stream().map(change).toList();
    }

    private static List<RunnerPoolEffect> without(
            List<RunnerPoolEffect> effects, Class<? extends RunnerPoolEffect> kind) {
        return effects.stream().filter(effect -> !kind.isInstance(effect)).toList();
    }

    private static Decider respec(RunnerPool pool, UnaryOperator<RunnerPoolSpec> change) {
        pool.spec = change.apply(pool.spec);
        return event -> event instanceof Configured e
                ? pool.step(new Configured(change.apply(e.spec()), e.renew(), e.nowMillis()))
                : pool.step(event);
    }

    private static RunnerPoolSpec copy(RunnerPoolSpec spec, long lifespan, long grace, long idle) {
        return new RunnerPoolSpec(
                spec.kind(),
                spec.slotsPerRunner(),
                spec.minRunners(),
                spec.maxRunners(),
                spec.margin(),
                lifespan,
                grace,
                idle,
                spec.maxConcurrentActors(),
                spec.drainOnVersionUpgrade());
    }
}
