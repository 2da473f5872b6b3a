package mayfly.node;

import java.time.Instant;
import mayfly.base.Clock;
import mayfly.base.MachineId;
import mayfly.core.pool.PooledMachine;

/**
 * A machine that exists at this moment.
 *
 * @param state "starting", "warm", "busy" or "ending"
 * @param uses calls it was granted to
 */
public record MachineView(
        String id, String driver, String function, int version, String state, int uses, Instant createdAt) {

    static MachineView of(
            PooledMachine pooled, MachineId id, String driver, String function, int version, Clock clock) {
        return switch (pooled) {
            case PooledMachine.Starting _ -> young(id, driver, function, version, "starting", clock);
            case PooledMachine.Closing _ -> young(id, driver, function, version, "ending", clock);
            case PooledMachine.Warm it -> worn(id, driver, function, version, "warm", it.wear(), clock);
            case PooledMachine.Checking it -> worn(id, driver, function, version, "warm", it.wear(), clock);
            case PooledMachine.Busy it -> worn(id, driver, function, version, "busy", it.wear(), clock);
            case PooledMachine.Resetting it -> worn(id, driver, function, version, "starting", it.wear(), clock);
        };
    }

    private static MachineView young(
            MachineId id, String driver, String function, int version, String state, Clock clock) {
        return new MachineView(id.value(), driver, function, version, state, 0, clock.now());
    }

    private static MachineView worn(
            MachineId id,
            String driver,
            String function,
            int version,
            String state,
            PooledMachine.Wear wear,
            Clock clock) {
        Instant born = clock.now().minusNanos(clock.nanos() - wear.bornNanos());
        return new MachineView(id.value(), driver, function, version, state, wear.uses(), born);
    }
}
