package mayfly.core.pool;

/**
 * Names a machine inside its pool, from before it exists until after it is gone; that is why stale news is recognised.
 *
 * @param value counted by the pool from 1; never used twice in one pool
 */
public record MachineNumber(long value) {}
