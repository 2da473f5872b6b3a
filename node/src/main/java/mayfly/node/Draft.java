package mayfly.node;

import java.time.Instant;
import mayfly.api.FunctionSpec;
import mayfly.base.FunctionId;

/**
 * A version of a function without a pool yet.
 *
 * @param first whether its function is to be created with it
 */
record Draft(FunctionId id, int version, FunctionSpec spec, Instant createdAt, Instant updatedAt, boolean first) {}
