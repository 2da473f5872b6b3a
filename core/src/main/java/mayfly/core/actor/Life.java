package mayfly.core.actor;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What stays true of an actor over its generations.
 *
 * @param generation the last one that was begun; -1 before the first
 * @param alarmMillis when it wants to be woken, wall clock
 * @param startedMillis when a generation came up for the first time
 */
public record Life(
        CrashPolicy crashPolicy,
        long generation,
        OptionalLong alarmMillis,
        OptionalLong startedMillis,
        Retry retry,
        Optional<Failure> failure) {

    static Life begin(CrashPolicy crashPolicy) {
        return new Life(crashPolicy, -1, OptionalLong.empty(), OptionalLong.empty(), Retry.NONE, Optional.empty());
    }

    Life nextGeneration() {
        return new Life(crashPolicy, generation + 1, alarmMillis, startedMillis, retry, failure);
    }

    Life withAlarm(OptionalLong millis) {
        return new Life(crashPolicy, generation, millis, startedMillis, retry, failure);
    }

    /** A generation has come up: failures are over, though not forgotten, and an alarm that was due has done its work. */
    Life up(long nowMillis) {
        OptionalLong started = startedMillis.isPresent() ? startedMillis : OptionalLong.of(nowMillis);
        OptionalLong alarm = alarmDue(nowMillis) ? OptionalLong.empty() : alarmMillis;
        return new Life(crashPolicy, generation, alarm, started, retry, Optional.empty());
    }

    Life failed(Failure cause, long nowMillis) {
        return new Life(
                crashPolicy, generation, alarmMillis, startedMillis, retry.failed(nowMillis), Optional.of(cause));
    }

    /** It did not come up for a reason that says nothing about its program. */
    Life hindered(Failure cause) {
        return new Life(crashPolicy, generation, alarmMillis, startedMillis, retry, Optional.of(cause));
    }

    Life stoppedCleanly() {
        return new Life(crashPolicy, generation, alarmMillis, startedMillis, Retry.NONE, failure);
    }

    boolean alarmDue(long nowMillis) {
        return alarmMillis.isPresent() && alarmMillis.getAsLong() <= nowMillis;
    }
}
