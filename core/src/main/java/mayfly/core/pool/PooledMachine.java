package mayfly.core.pool;

/** A machine as its pool sees it. Every one of these counts against maxMachines. */
public sealed interface PooledMachine {
    MachineNumber number();

    /** Asked for, not there yet; never closed before it is there. */
    record Starting(MachineNumber number) implements PooledMachine {}

    /** Ready for a caller. */
    record Warm(MachineNumber number, Wear wear, long idleSinceNanos) implements PooledMachine {}

    /**
     * Owned by a caller.
     *
     * @param doomed it is closed at release, whatever the caller says of it
     */
    record Busy(MachineNumber number, Wear wear, Ticket ticket, boolean doomed) implements PooledMachine {}

    /** Being pinged. */
    record Checking(MachineNumber number, Wear wear, long idleSinceNanos) implements PooledMachine {}

    /** On its way back to its template's state. */
    record Resetting(MachineNumber number, Wear wear) implements PooledMachine {}

    /** On its way out. */
    record Closing(MachineNumber number) implements PooledMachine {}

    /**
     * What a machine has been through.
     *
     * @param uses callers it was granted to
     * @param dirty whether a caller has had it since it was made or last reset
     * @param rounds checks and resets begun; names the one under way
     * @param checkedNanos when it last proved to be well
     */
    record Wear(long bornNanos, int uses, boolean dirty, int rounds, long checkedNanos) {
        static Wear born(long now) {
            return new Wear(now, 0, false, 0, now);
        }

        Wear granted() {
            return new Wear(bornNanos, uses + 1, true, rounds, checkedNanos);
        }

        Wear nextRound() {
            return new Wear(bornNanos, uses, dirty, rounds + 1, checkedNanos);
        }

        Wear reset(long now) {
            return new Wear(bornNanos, uses, false, rounds, now);
        }

        Wear well(long now) {
            return new Wear(bornNanos, uses, dirty, rounds, now);
        }
    }
}
