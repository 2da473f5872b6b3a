package mayfly.node;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.api.FunctionSpec;
import mayfly.base.FunctionId;

/**
 * One version of a function with the pool that serves it. Calls that began on a version end on it.
 *
 * @param running calls that hold or wait for a machine, for the concurrency limit
 */
record Deployed(
        FunctionId id,
        FunctionSpec spec,
        int version,
        String artifact,
        Instant createdAt,
        Instant updatedAt,
        PoolShell pool,
        AtomicInteger running) {
    /** The same for readers outside: what it is and what its pool holds now. */
    FunctionView view() {
        return new FunctionView(id, spec, version, artifact, createdAt, updatedAt, Optional.of(pool.snapshot()));
    }

    List<MachineView> machines() {
        return pool.machines(spec.name(), version);
    }
}
