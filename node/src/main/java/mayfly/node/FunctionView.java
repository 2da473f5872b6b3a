package mayfly.node;

import java.time.Instant;
import java.util.Optional;
import mayfly.api.FunctionSpec;
import mayfly.base.FunctionId;
import mayfly.core.pool.Pool;

/**
 * A function as listings show it: its latest version, and what its pool holds at this moment.
 *
 * @param pool empty while this node has not used it
 */
public record FunctionView(
        FunctionId id,
        FunctionSpec spec,
        int version,
        String artifact,
        Instant createdAt,
        Instant updatedAt,
        Optional<Pool> pool) {}
