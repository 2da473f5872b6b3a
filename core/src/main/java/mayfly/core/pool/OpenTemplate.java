package mayfly.core.pool;

import java.time.Duration;
import mayfly.core.pool.TemplateState.Absent;
import mayfly.core.pool.TemplateState.Booting;
import mayfly.core.pool.TemplateState.Closing;
import mayfly.core.pool.TemplateState.Ready;
import mayfly.core.pool.TemplateState.Retiring;

/** What an open pool does with news of its template; like {@link OpenPool}, false means stale. */
final class OpenTemplate {
    static final Duration BACK_OFF_FIRST = Duration.ofMillis(100);
    static final Duration BACK_OFF_MAX = Duration.ofSeconds(10);

    private OpenTemplate() {}

    static boolean ready(Turn turn, PoolEvent.TemplateReady e) {
        return switch (turn.template) {
            case Booting(var boot)
            when boot == e.boot() -> {
                turn.template = new Ready(boot, turn.now, turn.now, 0, false);
                yield true;
            }
            case Booting _, Absent _, Ready _, Retiring _, Closing _ -> false;
        };
    }

    static boolean failed(Turn turn, PoolEvent.TemplateFailed e) {
        return switch (turn.template) {
            case Booting(var boot)
            when boot == e.boot() -> {
                turn.template = new Absent();
                trouble(turn, e.fault());
                yield true;
            }
            case Booting _, Absent _, Ready _, Retiring _, Closing _ -> false;
        };
    }

    static boolean health(Turn turn, PoolEvent.TemplateHealth e) {
        return switch (turn.template) {
            case Ready(var boot, var since, var _, var round, var checking)
            when checking && boot == e.boot() && round == e.round() -> {
                if (e.ok()) {
                    turn.template = new Ready(boot, since, turn.now, round, false);
                } else {
                    giveUp(turn, boot, "the template stopped answering");
                }
                yield true;
            }
            case Ready _, Absent _, Booting _, Retiring _, Closing _ -> false;
        };
    }

    /** Begins a check, unless one is under way. */
    static void check(Turn turn) {
        if (turn.template instanceof Ready ready && !ready.checking()) {
            int round = ready.round() + 1;
            turn.template = new Ready(ready.boot(), ready.sinceNanos(), ready.checkedNanos(), round, true);
            turn.order(new PoolEffect.CheckTemplate(ready.boot(), round));
        }
    }

    static boolean lost(Turn turn, PoolEvent.TemplateLost e) {
        return switch (turn.template) {
            case Ready ready
            when ready.boot() == e.boot() -> {
                giveUp(turn, ready.boot(), "the template died");
                yield true;
            }
            // while it boots, its boot fails
            case Ready _, Absent _, Booting _, Retiring _, Closing _ -> false;
        };
    }

    private static void giveUp(Turn turn, long boot, String reason) {
        turn.template = new Retiring(boot);
        for (int i = 0; i < turn.machines.size(); i++) {
            OpenPool.giveUp(turn, i);
        }
        trouble(turn, new Fault.Host(reason));
    }

    static boolean closed(Turn turn, PoolEvent.TemplateClosed e) {
        return switch (turn.template) {
            case Closing(var boot)
            when boot == e.boot() -> {
                turn.template = new Absent();
                yield true;
            }
            case Closing _, Absent _, Booting _, Ready _, Retiring _ -> false;
        };
    }

    static boolean warmUp(Turn turn) {
        turn.usedNanos = turn.now;
        return switch (turn.template) {
            case Absent _ -> {
                Settling.boot(turn);
                yield true;
            }
            case Booting _, Ready _, Retiring _, Closing _ -> true;
        };
    }

    /** Failures inside a back-off are the same trouble: many machines fail together and count once. */
    static void trouble(Turn turn, Fault fault) {
        int failures = switch (turn.supply) {
            case Supply.Sound _ -> 1;
            case Supply.Troubled(var before, var _, var retryAt) -> turn.now < retryAt ? before : before + 1;
        };
        turn.supply = new Supply.Troubled(failures, fault, turn.now + backOffNanos(failures));
    }

    /** Trouble that is long past is none: a pool that nobody called since has had no machine to prove it well. */
    static Supply remembered(Supply supply, long now) {
        boolean past =
                supply instanceof Supply.Troubled troubled && now - troubled.retryAtNanos() >= BACK_OFF_MAX.toNanos();
        return past ? new Supply.Sound() : supply;
    }

    static long backOffNanos(int failures) {
        int doublings = Math.min(failures - 1, 10);
        return Math.min(BACK_OFF_FIRST.toNanos() << doublings, BACK_OFF_MAX.toNanos());
    }
}
