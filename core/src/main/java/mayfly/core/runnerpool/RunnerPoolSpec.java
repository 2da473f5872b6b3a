package mayfly.core.runnerpool;

/**
 * What a runner pool is asked to be.
 *
 * @param slotsPerRunner how many actors a runner is expected to take, at least 1
 * @param minRunners connections that are kept without any demand
 * @param maxRunners connections that are wanted at most
 * @param margin connections that are wanted beyond the demand
 * @param lifespanMillis how long a connection is kept, drain included
 * @param drainGraceMillis how long a runner that is drained has for its actors, less than the lifespan
 * @param idleMillis how long a hosted runner that is not needed is kept without actors
 * @param maxConcurrentActors actors that are placed at once; those beyond wait
 * @param drainOnVersionUpgrade whether a runner of a higher version makes those of lower versions drain
 */
public record RunnerPoolSpec(
        Kind kind,
        int slotsPerRunner,
        int minRunners,
        int maxRunners,
        int margin,
        long lifespanMillis,
        long drainGraceMillis,
        long idleMillis,
        int maxConcurrentActors,
        boolean drainOnVersionUpgrade) {
    /** Where the runners come from. */
    public enum Kind {
        /** They come by themselves. */
        NORMAL,
        /** A request to an endpoint makes one appear, which stays until the request ends. */
        SERVERLESS,
        /** Mayfly starts their program, and ends it when it is not needed. */
        HOSTED
    }

    /** A lifespan that never ends. */
    public static final long UNLIMITED_MILLIS = Long.MAX_VALUE / 4;

    public RunnerPoolSpec {
        require(slotsPerRunner >= 1, "slotsPerRunner is at least 1");
        require(minRunners >= 0 && minRunners <= maxRunners, "minRunners is between 0 and maxRunners");
        require(margin >= 0, "margin is at least 0");
        require(drainGraceMillis >= 0, "drainGraceMillis is at least 0");
        require(drainGraceMillis < lifespanMillis, "drainGraceMillis is less than lifespanMillis");
        require(lifespanMillis <= UNLIMITED_MILLIS, "lifespanMillis is at most UNLIMITED_MILLIS");
        require(idleMillis >= 0, "idleMillis is at least 0");
        require(maxConcurrentActors >= 1, "maxConcurrentActors is at least 1");
    }

    /** A pool whose runners come by themselves. */
    public static RunnerPoolSpec normal(long drainGraceMillis, boolean drainOnVersionUpgrade) {
        return new RunnerPoolSpec(
                Kind.NORMAL,
                1,
                0,
                0,
                0,
                UNLIMITED_MILLIS,
                drainGraceMillis,
                0,
                Integer.MAX_VALUE,
                drainOnVersionUpgrade);
    }

    /** How many connections are wanted for so many actors, those that wait included. */
    public int desired(int demand) {
        if (kind == Kind.NORMAL) {
            return 0;
        }
        long placeable = Math.min(demand, maxConcurrentActors);
        long wanted = margin + Math.ceilDiv(placeable, slotsPerRunner);
        return (int) Math.min(Math.max(wanted, minRunners), maxRunners);
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
