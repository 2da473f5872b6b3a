package mayfly.core.pool;

import java.util.HashSet;
import java.util.Set;
import mayfly.core.Step;

/**
 * What is true after every step of a pool (the numbers are INVARIANTS.md's). Checked wherever Java assertions are on, which
 * is every test and simulation; the parts that need history are checked by the simulation's own observer.
 */
final class PoolInvariants {
    private PoolInvariants() {}

    /** True, or throws an AssertionError that names the invariant, the event and the states. */
    static boolean hold(Pool before, PoolEvent event, Step<Pool, PoolEffect> step) {
        try {
            switch (step.state()) {
                case Pool.Open open -> open(before, event, open);
                case Pool.Draining draining -> draining(draining);
                case Pool.Drained _ -> {}
            }
            unique(step.state());
            return true;
        } catch (AssertionError broken) {
            throw new AssertionError(
                    broken.getMessage() + "\n before " + before + "\n event " + event + "\n step " + step, broken);
        }
    }

    private static void open(Pool before, PoolEvent event, Pool.Open pool) {
        Census census = Census.of(pool.machines());
        int allowed = Math.max(pool.spec().maxMachines(), before.machines().size());
        require(pool.machines().size() <= allowed, "P1: at most maxMachines machines");
        int mayWait = Math.max(
                pool.spec().waitingMax(),
                before instanceof Pool.Open open ? open.waiting().size() : 0);
        require(pool.waiting().size() <= mayWait, "P2: at most waitingMax callers wait");
        require(pool.waiting().isEmpty() || census.warm() == 0, "P3: nobody waits beside a free machine");
        require(pool.waiting().isEmpty() || somethingWillWake(pool, census), "P4: who waits will be woken");
        require(cleanWhereFresh(pool), "P5: a fresh pool's free machines are unused");
        boolean orphaned = !(pool.template() instanceof TemplateState.Ready) && census.warm() + census.checking() > 0;
        require(!orphaned, "P6: free machines have a live template");
        for (Waiter waiter : pool.waiting()) {
            require(pool.tickAtNanos() <= waiter.deadlineNanos(), "P7: a tick comes before every deadline");
        }
        boolean busyLoop = event instanceof PoolEvent.Tick && pool.tickAtNanos() <= event.nowNanos();
        require(!busyLoop, "P8: a tick asks for the next one later");
    }

    private static boolean somethingWillWake(Pool.Open pool, Census census) {
        boolean templateMoves = switch (pool.template()) {
            case TemplateState.Booting _, TemplateState.Retiring _, TemplateState.Closing _ -> true;
            case TemplateState.Absent _, TemplateState.Ready _ -> false;
        };
        boolean retry =
                pool.supply() instanceof Supply.Troubled(var _, var _, var retryAt) && pool.tickAtNanos() <= retryAt;
        return census.total() > 0 || templateMoves || retry;
    }

    private static boolean cleanWhereFresh(Pool.Open pool) {
        for (PooledMachine machine : pool.machines()) {
            if (pool.spec().reuse() == PoolSpec.Reuse.FRESH
                    && machine instanceof PooledMachine.Warm warm
                    && warm.wear().dirty()) {
                return false;
            }
        }
        return true;
    }

    private static void draining(Pool.Draining pool) {
        Census census = Census.of(pool.machines());
        require(census.warm() + census.checking() + census.resetting() == 0, "P9: a draining pool keeps nothing free");
        boolean moves = switch (pool.template()) {
            case TemplateState.Booting _, TemplateState.Closing _ -> true;
            case TemplateState.Absent _, TemplateState.Ready _, TemplateState.Retiring _ -> false;
        };
        require(census.total() > 0 || moves, "P10: a draining pool with nothing left has ended");
    }

    private static void unique(Pool pool) {
        Set<MachineNumber> numbers = new HashSet<>();
        Set<Ticket> tickets = new HashSet<>();
        for (PooledMachine machine : pool.machines()) {
            require(numbers.add(machine.number()), "P11: a machine is listed once");
            if (machine instanceof PooledMachine.Busy busy) {
                require(tickets.add(busy.ticket()), "P12: a caller waits once or holds one machine");
            }
        }
        if (pool instanceof Pool.Open open) {
            for (Waiter waiter : open.waiting()) {
                require(tickets.add(waiter.ticket()), "P12: a caller waits once or holds one machine");
            }
        }
    }

    private static void require(boolean holds, String invariant) {
        if (!holds) {
            throw new AssertionError(invariant);
        }
    }
}
