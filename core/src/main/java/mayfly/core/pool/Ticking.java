package mayfly.core.pool;

import java.time.Duration;
import mayfly.core.pool.PooledMachine.Checking;
import mayfly.core.pool.PooledMachine.Warm;
import mayfly.core.pool.PooledMachine.Wear;

/** The loop in the background: callers whose time is over, machines grown old, idle or silent, scale to zero. */
final class Ticking {
    private Ticking() {}

    static boolean tick(Turn turn) {
        expire(turn);
        machines(turn);
        template(turn);
        return true;
    }

    private static void expire(Turn turn) {
        for (int i = turn.waiting.size() - 1; i >= 0; i--) {
            Waiter waiter = turn.waiting.get(i);
            if (turn.now >= waiter.deadlineNanos()) {
                turn.waiting = turn.waiting.minus(i);
                turn.refuse(waiter.ticket(), new Refusal.DeadlinePassed());
            }
        }
    }

    private static void machines(Turn turn) {
        Census census = Census.of(turn.machines);
        int surplus = census.kept(turn.spec) - turn.spec.minWarm();
        // one check at a time, so that a silent machine does not take the others' places with it
        boolean mayCheck = census.checking() == 0;
        for (int i = 0; i < turn.machines.size(); i++) {
            if (turn.machines.get(i) instanceof Warm warm) {
                Duration health = turn.spec.healthEvery();
                if (Schedule.reached(turn.now, warm.wear().bornNanos(), turn.spec.ageLimit())) {
                    turn.close(i); // settling starts its successor
                    surplus--;
                } else if (surplus > 0 && Schedule.reached(turn.now, warm.idleSinceNanos(), turn.spec.idleAfter())) {
                    turn.close(i);
                    surplus--;
                } else if (mayCheck && Schedule.reached(turn.now, warm.wear().checkedNanos(), health)) {
                    check(turn, i, warm);
                    mayCheck = false;
                }
            }
        }
    }

    private static void check(Turn turn, int at, Warm warm) {
        Wear wear = warm.wear().nextRound();
        turn.put(at, new Checking(warm.number(), wear, warm.idleSinceNanos()));
        turn.order(new PoolEffect.Check(warm.number(), wear.rounds()));
    }

    private static void template(Turn turn) {
        if (turn.template instanceof TemplateState.Ready ready) {
            boolean idle =
                    Schedule.mayScaleToZero(turn, Census.of(turn.machines)) && turn.now >= Schedule.zeroDueNanos(turn);
            if (idle) {
                turn.template = new TemplateState.Closing(ready.boot());
                turn.order(new PoolEffect.CloseTemplate(ready.boot()));
            } else if (!ready.checking() && Schedule.reached(turn.now, ready.checkedNanos(), turn.spec.healthEvery())) {
                OpenTemplate.check(turn);
            }
        }
    }
}
