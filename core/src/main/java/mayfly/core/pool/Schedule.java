package mayfly.core.pool;

import java.time.Duration;
import java.util.List;

/**
 * When an open pool next needs a tick. Only what a tick could act on counts, so that no tick asks for another one at the
 * same moment; what is blocked by another machine's phase is counted again at that machine's next event.
 */
final class Schedule {
    private Schedule() {}

    static long waitersDueNanos(List<Waiter> waiting) {
        long due = Long.MAX_VALUE;
        for (int i = 0; i < waiting.size(); i++) {
            due = Math.min(due, waiting.get(i).deadlineNanos());
        }
        return due;
    }

    /** Everything but the waiters. */
    static long dueNanos(Turn turn) {
        Census census = Census.of(turn.machines);
        return Math.min(
                machinesDueNanos(turn, census), Math.min(templateDueNanos(turn, census), supplyDueNanos(turn, census)));
    }

    private static long machinesDueNanos(Turn turn, Census census) {
        PoolSpec spec = turn.spec;
        boolean surplus = census.kept(spec) > spec.minWarm();
        long age = spec.ageLimit().toNanos();
        long idle = spec.idleAfter().toNanos();
        long health = spec.healthEvery().toNanos();
        long due = Long.MAX_VALUE;
        for (int i = 0; i < turn.machines.size(); i++) {
            if (turn.machines.get(i) instanceof PooledMachine.Warm warm) {
                due = Math.min(due, warm.wear().bornNanos() + age);
                if (surplus) {
                    due = Math.min(due, warm.idleSinceNanos() + idle);
                }
                if (census.checking() == 0) {
                    due = Math.min(due, warm.wear().checkedNanos() + health);
                }
            }
        }
        return due;
    }

    private static long templateDueNanos(Turn turn, Census census) {
        return switch (turn.template) {
            case TemplateState.Ready ready -> {
                long health = ready.checking()
                        ? Long.MAX_VALUE
                        : ready.checkedNanos() + turn.spec.healthEvery().toNanos();
                yield mayScaleToZero(turn, census) ? Math.min(health, zeroDueNanos(turn)) : health;
            }
            case TemplateState.Absent _, TemplateState.Booting _, TemplateState.Retiring _, TemplateState.Closing _ ->
                Long.MAX_VALUE;
        };
    }

    static boolean mayScaleToZero(Turn turn, Census census) {
        return turn.spec.minWarm() == 0 && turn.waiting.isEmpty() && census.total() == 0;
    }

    static long zeroDueNanos(Turn turn) {
        return turn.usedNanos + turn.spec.idleAfter().toNanos();
    }

    private static long supplyDueNanos(Turn turn, Census census) {
        return switch (turn.supply) {
            case Supply.Sound _ -> Long.MAX_VALUE;
            case Supply.Troubled troubled ->
                Settling.missing(turn, census) > 0 && troubled.retryAtNanos() > turn.now
                        ? troubled.retryAtNanos()
                        : Long.MAX_VALUE;
        };
    }

    static boolean reached(long now, long since, Duration after) {
        return now - since >= after.toNanos();
    }
}
