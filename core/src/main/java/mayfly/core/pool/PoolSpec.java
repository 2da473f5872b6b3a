package mayfly.core.pool;

import java.time.Duration;

/**
 * What one function version's pool is asked to be.
 *
 * @param reuse whether a machine may keep its state between calls
 * @param minWarm machines kept ready though nobody calls, 0 to maxMachines; above 0 the pool never scales to zero
 * @param maxMachines machines that may exist at once in any phase, at least 1
 * @param waitingMax callers that may wait for a machine, at least 1
 * @param useLimit calls a machine serves before it is replaced, at least 1
 * @param ageLimit after which an unused machine is replaced; at least 1 ms like the other durations
 * @param idleAfter without use, after which a machine beyond minWarm is closed, and, if minWarm is 0, the template too
 * @param healthEvery how often an unused machine and the template are asked whether they still answer
 * @param resettable whether the driver can put a used machine back into its template's state
 */
public record PoolSpec(
        Reuse reuse,
        int minWarm,
        int maxMachines,
        int waitingMax,
        int useLimit,
        Duration ageLimit,
        Duration idleAfter,
        Duration healthEvery,
        boolean resettable) {
    /** What happens to a machine between two calls. */
    public enum Reuse {
        /** Every call gets the template's exact state: a used machine is reset or replaced. */
        FRESH,
        /** A machine keeps its state from call to call. */
        WARM
    }

    private static final Duration SHORTEST = Duration.ofMillis(1);

    public PoolSpec {
        require(maxMachines >= 1, "maxMachines is at least 1");
        require(minWarm >= 0 && minWarm <= maxMachines, "minWarm is between 0 and maxMachines");
        require(waitingMax >= 1, "waitingMax is at least 1");
        require(useLimit >= 1, "useLimit is at least 1");
        require(ageLimit.compareTo(SHORTEST) >= 0, "ageLimit is at least 1 ms");
        require(idleAfter.compareTo(SHORTEST) >= 0, "idleAfter is at least 1 ms");
        require(healthEvery.compareTo(SHORTEST) >= 0, "healthEvery is at least 1 ms");
    }

    /** Whether a machine is ready for another caller after a call, so that a busy one counts for minWarm. */
    boolean machinesReturn() {
        return reuse == Reuse.WARM || resettable;
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
