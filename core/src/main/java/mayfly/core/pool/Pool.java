package mayfly.core.pool;

import java.util.List;

/** The state of a pool. */
public sealed interface Pool {
    /** Machines that exist or are on their way in or out. */
    List<PooledMachine> machines();

    /**
     * Takes calls.
     *
     * @param waiting callers in the order they came
     * @param lastMachine the number given last; 0 before the first
     * @param lastBoot the boot begun last; 0 before the first
     * @param usedNanos when a caller last came or went
     * @param tickAtNanos when the next tick is due, Long.MAX_VALUE when none is needed; never later than anything due
     */
    record Open(
            PoolSpec spec,
            TemplateState template,
            List<PooledMachine> machines,
            List<Waiter> waiting,
            Supply supply,
            long lastMachine,
            long lastBoot,
            long usedNanos,
            long tickAtNanos)
            implements Pool {}

    /** Takes no calls; ends when the last caller has released its machine and everything is closed. */
    record Draining(TemplateState template, List<PooledMachine> machines) implements Pool {}

    /** Nothing is left. */
    record Drained() implements Pool {
        @Override
        public List<PooledMachine> machines() {
            return List.of();
        }
    }
}
