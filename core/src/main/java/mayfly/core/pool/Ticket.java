package mayfly.core.pool;

/**
 * A caller's place in a pool: asked for once, answered once with a grant or a refusal.
 *
 * @param number given by the shell; never used twice in one pool
 */
public record Ticket(long number) {}
