package mayfly.core.runner;

/**
 * How long a runner is believed in.
 *
 * @param eligibleMillis without a pong, after which no actor is placed on it
 * @param lostMillis without a pong or without a socket, after which it is given up; its client then stops its actors by itself
 * @param patienceMillis without a socket, after which it is given up if somebody waits for one of its actors; long enough for
 *     a client that lives to have tried to come back
 */
public record RunnerTimes(long eligibleMillis, long lostMillis, long patienceMillis) {
    /** Clients try again after 1 to 1.25 s at first. */
    public static final RunnerTimes STANDARD = new RunnerTimes(10_000, 15_000, 1_600);

    public RunnerTimes {
        boolean grows = 0 < eligibleMillis && eligibleMillis <= lostMillis;
        if (!grows || patienceMillis <= 0 || patienceMillis > lostMillis) {
            throw new IllegalArgumentException("0 < eligible <= lost and 0 < patience <= lost, in milliseconds");
        }
    }
}
