package mayfly.core.pool;

import mayfly.core.pool.PoolEffect.Start;

/**
 * What holds after every step of an open pool, whatever the event was; so no event can lose a wake-up. In this order: a
 * ready machine goes to the caller that waited longest; callers that nothing could serve are refused; what is missing is
 * started.
 */
final class Settling {
    /** Failures in a row after which callers are refused at once instead of waiting for the next try. */
    static final int FAILURES_BORNE = 3;

    private Settling() {}

    static void settle(Turn turn) {
        grant(turn);
        shrink(turn);
        Census census = Census.of(turn.machines);
        endOutage(turn, census);
        replenish(turn, census);
        retire(turn, census);
    }

    private static void grant(Turn turn) {
        while (!turn.waiting.isEmpty()) {
            int at = lastUsedWarm(turn.machines);
            if (at < 0) {
                return;
            }
            Waiter first = turn.waiting.get(0);
            turn.waiting = turn.waiting.minus(0);
            if (turn.now >= first.deadlineNanos()) {
                turn.refuse(first.ticket(), new Refusal.DeadlinePassed());
            } else {
                grant(turn, at, (PooledMachine.Warm) turn.machines.get(at), first);
            }
        }
    }

    private static void grant(Turn turn, int at, PooledMachine.Warm warm, Waiter waiter) {
        turn.put(at, new PooledMachine.Busy(warm.number(), warm.wear().granted(), waiter.ticket(), false));
        turn.grant(waiter.ticket(), warm.number(), start(turn, warm, waiter));
    }

    private static Start start(Turn turn, PooledMachine.Warm warm, Waiter waiter) {
        if (warm.wear().dirty()) {
            return Start.WARM;
        }
        boolean sawBoot =
                turn.template instanceof TemplateState.Ready ready && waiter.sinceNanos() < ready.sinceNanos();
        return sawBoot ? Start.COLD : Start.FORKED;
    }

    /** The machine used last has the warmest caches, and the others grow idle enough to be closed. */
    private static int lastUsedWarm(Row<PooledMachine> machines) {
        int best = -1;
        long bestSince = 0;
        for (int i = 0; i < machines.size(); i++) {
            if (machines.get(i) instanceof PooledMachine.Warm warm && (best < 0 || warm.idleSinceNanos() > bestSince)) {
                best = i;
                bestSince = warm.idleSinceNanos();
            }
        }
        return best;
    }

    /** Only after Configure lowered maxMachines. */
    private static void shrink(Turn turn) {
        if (turn.machines.size() <= turn.spec.maxMachines()) {
            return;
        }
        int excess = Census.of(turn.machines).live() - turn.spec.maxMachines();
        for (int i = 0; i < turn.machines.size() && excess > 0; i++) {
            if (turn.machines.get(i) instanceof PooledMachine.Warm) {
                turn.close(i);
                excess--;
            }
        }
    }

    /** Callers wait as long as a machine may come free or the next try is worth waiting for. */
    private static void endOutage(Turn turn, Census census) {
        boolean nothingComes = census.live() == 0 && !(turn.template instanceof TemplateState.Booting);
        if (nothingComes && turn.supply instanceof Supply.Troubled troubled && turn.now < troubled.retryAtNanos()) {
            Refusal refusal = switch (troubled.fault()) {
                case Fault.Code(var reason) -> new Refusal.CreateFailed(reason);
                case Fault.Host(var reason) -> new Refusal.NoCapacity(reason);
            };
            if (troubled.failures() >= FAILURES_BORNE || troubled.fault() instanceof Fault.Code) {
                turn.waiting.forEach(waiter -> turn.refuse(waiter.ticket(), refusal));
                turn.waiting = Row.empty();
            }
        }
    }

    private static void replenish(Turn turn, Census census) {
        int missing = missing(turn, census);
        if (missing <= 0 || !mayTry(turn)) {
            return;
        }
        switch (turn.template) {
            case TemplateState.Absent _ -> boot(turn);
            case TemplateState.Ready ready -> create(turn, ready, missing, census);
            // each of them ends with an event that settles again
            case TemplateState.Booting _, TemplateState.Retiring _, TemplateState.Closing _ -> {}
        }
    }

    /** Machines to start so that every waiter gets one and minWarm are kept, as far as maxMachines allows. */
    static int missing(Turn turn, Census census) {
        PoolSpec spec = turn.spec;
        int waiting = turn.waiting.size();
        int forWaiters = waiting - census.coming();
        int forMinimum = spec.minWarm() - census.kept(spec) + (spec.machinesReturn() ? 0 : waiting);
        return Math.min(Math.max(forWaiters, forMinimum), spec.maxMachines() - census.total());
    }

    private static boolean mayTry(Turn turn) {
        return switch (turn.supply) {
            case Supply.Sound _ -> true;
            case Supply.Troubled troubled -> turn.now >= troubled.retryAtNanos();
        };
    }

    static void boot(Turn turn) {
        turn.lastBoot++;
        turn.template = new TemplateState.Booting(turn.lastBoot);
        turn.order(new PoolEffect.BootTemplate(turn.lastBoot));
    }

    private static void create(Turn turn, TemplateState.Ready ready, int missing, Census census) {
        // in trouble one machine at a time finds out whether the host has recovered
        int count = turn.supply instanceof Supply.Sound ? missing : Math.min(missing, 1 - census.starting());
        for (int i = 0; i < count; i++) {
            turn.lastMachine++;
            MachineNumber number = new MachineNumber(turn.lastMachine);
            turn.machines = turn.machines.plus(new PooledMachine.Starting(number));
            turn.order(new PoolEffect.Create(number, ready.boot()));
        }
    }

    private static void retire(Turn turn, Census census) {
        if (turn.template instanceof TemplateState.Retiring(var boot) && census.total() == 0) {
            turn.template = new TemplateState.Closing(boot);
            turn.order(new PoolEffect.CloseTemplate(boot));
        }
    }
}
