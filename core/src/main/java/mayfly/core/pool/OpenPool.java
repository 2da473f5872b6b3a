package mayfly.core.pool;

import mayfly.core.Step;
import mayfly.core.pool.PoolSpec.Reuse;
import mayfly.core.pool.PooledMachine.Busy;
import mayfly.core.pool.PooledMachine.Checking;
import mayfly.core.pool.PooledMachine.Closing;
import mayfly.core.pool.PooledMachine.Resetting;
import mayfly.core.pool.PooledMachine.Starting;
import mayfly.core.pool.PooledMachine.Warm;
import mayfly.core.pool.PooledMachine.Wear;

/**
 * What an open pool does with callers and machines. Each handler says what the news changes, and false when it is stale;
 * {@link Settling} draws the conclusions.
 */
final class OpenPool {
    private OpenPool() {}

    static Step<Pool, PoolEffect> step(Pool.Open pool, PoolEvent event) {
        if (event instanceof PoolEvent.Drain) {
            return DrainingPool.begin(pool);
        }
        Turn turn = new Turn(pool, event.nowNanos());
        if (!apply(turn, event)) {
            return Step.stay(pool);
        }
        Settling.settle(turn);
        return event instanceof PoolEvent.Tick ? turn.doneTick() : turn.done();
    }

    private static boolean apply(Turn turn, PoolEvent event) {
        return switch (event) {
            case PoolEvent.Acquire e -> acquire(turn, e);
            case PoolEvent.Cancel e -> cancel(turn, e);
            case PoolEvent.Release e -> release(turn, e);
            case PoolEvent.Created e -> created(turn, e);
            case PoolEvent.CreateFailed e -> createFailed(turn, e);
            case PoolEvent.ResetDone e -> resetDone(turn, e);
            case PoolEvent.HealthResult e -> healthResult(turn, e);
            case PoolEvent.MachineLost e -> machineLost(turn, e);
            case PoolEvent.Closed e -> closed(turn, e);
            case PoolEvent.TemplateReady e -> OpenTemplate.ready(turn, e);
            case PoolEvent.TemplateFailed e -> OpenTemplate.failed(turn, e);
            case PoolEvent.TemplateHealth e -> OpenTemplate.health(turn, e);
            case PoolEvent.TemplateLost e -> OpenTemplate.lost(turn, e);
            case PoolEvent.TemplateClosed e -> OpenTemplate.closed(turn, e);
            case PoolEvent.WarmUp _ -> OpenTemplate.warmUp(turn);
            case PoolEvent.Tick _ -> Ticking.tick(turn);
            case PoolEvent.Configure e -> configure(turn, e);
            case PoolEvent.Drain _ -> throw new AssertionError("drain is decided before");
        };
    }

    private static boolean acquire(Turn turn, PoolEvent.Acquire e) {
        if (knows(turn, e.ticket())) {
            return false;
        }
        turn.usedNanos = turn.now;
        if (turn.now >= e.deadlineNanos()) {
            turn.refuse(e.ticket(), new Refusal.DeadlinePassed());
        } else if (turn.waiting.size() >= turn.spec.waitingMax()) {
            turn.refuse(e.ticket(), new Refusal.QueueFull());
        } else {
            turn.waiting = turn.waiting.plus(new Waiter(e.ticket(), turn.now, e.deadlineNanos()));
        }
        return true;
    }

    private static boolean knows(Turn turn, Ticket ticket) {
        if (indexOf(turn.waiting, ticket) >= 0) {
            return true;
        }
        for (int i = 0; i < turn.machines.size(); i++) {
            if (turn.machines.get(i) instanceof Busy busy && busy.ticket().number() == ticket.number()) {
                return true;
            }
        }
        return false;
    }

    private static int indexOf(Row<Waiter> waiting, Ticket ticket) {
        for (int i = 0; i < waiting.size(); i++) {
            if (waiting.get(i).ticket().number() == ticket.number()) {
                return i;
            }
        }
        return -1;
    }

    private static boolean cancel(Turn turn, PoolEvent.Cancel e) {
        int at = indexOf(turn.waiting, e.ticket());
        if (at < 0) {
            return false; // granted or refused already; a granted caller releases
        }
        turn.waiting = turn.waiting.minus(at);
        turn.refuse(e.ticket(), new Refusal.Cancelled());
        return true;
    }

    private static boolean release(Turn turn, PoolEvent.Release e) {
        int at = turn.find(e.machine());
        if (at < 0) {
            return false;
        }
        return switch (turn.machines.get(at)) {
            // the ticket guards the caller that holds the machine now against a repeated release by an earlier one
            case Busy busy when busy.ticket().equals(e.ticket()) -> release(turn, at, busy, e.healthy());
            case Busy _, Starting _, Warm _, Checking _, Resetting _, Closing _ -> false;
        };
    }

    private static boolean release(Turn turn, int at, Busy busy, boolean healthy) {
        turn.usedNanos = turn.now;
        if (healthy) {
            turn.supply = new Supply.Sound();
        }
        Wear wear = busy.wear().well(turn.now);
        if (!healthy || busy.doomed() || turn.machines.size() > turn.spec.maxMachines()) {
            turn.close(at);
        } else {
            keep(turn, at, new Warm(busy.number(), wear, turn.now));
        }
        return true;
    }

    /** Keeps a machine in the form in which the spec lets the next caller have it. */
    private static void keep(Turn turn, int at, Warm warm) {
        if (isWornOut(turn, warm.wear())) {
            turn.close(at);
        } else if (turn.spec.reuse() == Reuse.WARM || !warm.wear().dirty()) {
            turn.put(at, warm);
        } else if (turn.spec.resettable()) {
            Wear wear = warm.wear().nextRound();
            turn.put(at, new Resetting(warm.number(), wear));
            turn.order(new PoolEffect.Reset(warm.number(), wear.rounds()));
        } else {
            turn.close(at);
        }
    }

    private static boolean isWornOut(Turn turn, Wear wear) {
        return wear.uses() >= turn.spec.useLimit()
                || Schedule.reached(turn.now, wear.bornNanos(), turn.spec.ageLimit());
    }

    private static boolean created(Turn turn, PoolEvent.Created e) {
        int at = turn.find(e.machine());
        if (at < 0) {
            return false;
        }
        return switch (turn.machines.get(at)) {
            case Starting starting -> {
                turn.put(at, new Warm(starting.number(), Wear.born(turn.now), turn.now));
                switch (turn.template) {
                    case TemplateState.Ready ready -> turn.template = ready.well(turn.now);
                    // its template died while it was being made
                    case TemplateState.Absent _,
                            TemplateState.Booting _,
                            TemplateState.Retiring _,
                            TemplateState.Closing _ -> turn.close(at);
                }
                yield true;
            }
            case Warm _, Busy _, Checking _, Resetting _, Closing _ -> false;
        };
    }

    private static boolean createFailed(Turn turn, PoolEvent.CreateFailed e) {
        int at = turn.find(e.machine());
        if (at < 0) {
            return false;
        }
        return switch (turn.machines.get(at)) {
            case Starting _ -> {
                turn.machines = turn.machines.minus(at);
                OpenTemplate.trouble(turn, e.fault());
                OpenTemplate.check(turn); // a dead template fails every fork: find out now, not at the next check
                yield true;
            }
            case Warm _, Busy _, Checking _, Resetting _, Closing _ -> false;
        };
    }

    private static boolean resetDone(Turn turn, PoolEvent.ResetDone e) {
        int at = turn.find(e.machine());
        if (at < 0) {
            return false;
        }
        return switch (turn.machines.get(at)) {
            case Resetting r
            when r.wear().rounds() == e.round() -> {
                if (e.ok()) {
                    keep(turn, at, new Warm(r.number(), r.wear().reset(turn.now), turn.now));
                } else {
                    turn.close(at);
                }
                yield true;
            }
            case Resetting _, Starting _, Warm _, Busy _, Checking _, Closing _ -> false;
        };
    }

    private static boolean healthResult(Turn turn, PoolEvent.HealthResult e) {
        int at = turn.find(e.machine());
        if (at < 0) {
            return false;
        }
        return switch (turn.machines.get(at)) {
            case Checking c
            when c.wear().rounds() == e.round() -> {
                if (e.ok()) {
                    turn.supply = new Supply.Sound();
                    keep(turn, at, new Warm(c.number(), c.wear().well(turn.now), c.idleSinceNanos()));
                } else {
                    turn.close(at);
                }
                yield true;
            }
            case Checking _, Starting _, Warm _, Busy _, Resetting _, Closing _ -> false;
        };
    }

    private static boolean machineLost(Turn turn, PoolEvent.MachineLost e) {
        int at = turn.find(e.machine());
        return at >= 0 && giveUp(turn, at);
    }

    /** Closes the machine, or sees to it that it is closed when its caller releases it; false when that is so already. */
    static boolean giveUp(Turn turn, int at) {
        return switch (turn.machines.get(at)) {
            case Warm _, Checking _, Resetting _ -> {
                turn.close(at);
                yield true;
            }
            case Busy(var number, var wear, var ticket, var doomed) -> {
                turn.put(at, new Busy(number, wear, ticket, true));
                yield !doomed;
            }
            case Starting _, Closing _ -> false;
        };
    }

    private static boolean closed(Turn turn, PoolEvent.Closed e) {
        int at = turn.find(e.machine());
        if (at < 0) {
            return false;
        }
        return switch (turn.machines.get(at)) {
            case Closing _ -> {
                turn.machines = turn.machines.minus(at);
                yield true;
            }
            case Starting _, Warm _, Busy _, Checking _, Resetting _ -> false;
        };
    }

    private static boolean configure(Turn turn, PoolEvent.Configure e) {
        turn.spec = e.spec();
        for (int i = 0; i < turn.machines.size(); i++) {
            if (turn.machines.get(i) instanceof Warm warm) {
                keep(turn, i, warm); // a used machine is not fresh, a lower limit wears machines out
            }
        }
        return true;
    }
}
