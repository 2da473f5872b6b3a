package mayfly.core.invocation;

import java.util.Locale;
import mayfly.core.pool.PoolEffect.Start;

/**
 * The state of an invocation.
 *
 * <p>A run is one try to get a machine and have the call served; its number fences off news of earlier ones. An attempt is
 * a run that got a machine.
 */
public sealed interface Invocation {
    Call call();

    /** Attempts begun so far. */
    int attempts();

    /**
     * Waits for a machine.
     *
     * @param refusals runs in a row that got none; they were no attempts
     */
    record Queued(Call call, int run, int attempts, int refusals) implements Invocation {}

    /**
     * In a machine.
     *
     * @param machine for people and records
     */
    record Running(Call call, int run, int attempts, String machine, Start start, long startedMillis)
            implements Invocation {}

    /**
     * Waits for its next run.
     *
     * @param run the one that failed
     */
    record Resting(Call call, int run, int attempts, int refusals, long retryAtMillis) implements Invocation {}

    /**
     * Final.
     *
     * @param held whether the answer hangs on the record's being durable
     */
    record Ended(Call call, int attempts, Verdict verdict, long endedMillis, boolean held) implements Invocation {}

    /** What users see. */
    enum Status {
        PENDING,
        RUNNING,
        SUCCESS,
        ERROR,
        TIMEOUT,
        CANCELLED;

        /** The word in records and answers. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    default Status status() {
        return switch (this) {
            case Queued _, Resting _ -> Status.PENDING;
            case Running _ -> Status.RUNNING;
            case Ended ended ->
                switch (ended.verdict()) {
                    case Verdict.Returned _ -> Status.SUCCESS;
                    case Verdict.Raised _, Verdict.Failed _ -> Status.ERROR;
                    case Verdict.TimedOut _ -> Status.TIMEOUT;
                    case Verdict.Cancelled _ -> Status.CANCELLED;
                };
        };
    }
}
