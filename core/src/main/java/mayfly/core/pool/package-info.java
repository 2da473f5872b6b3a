/**
 * Owns the pool of machines of one function version: who gets which machine and when machines and their template are
 * made, checked, reset and closed. {@link mayfly.core.pool.Pools#step} decides; the node's pool shell acts. Refuses to know
 * what a machine is: here it is a number with a phase.
 *
 * <p>Times are nanoseconds of one monotonic clock, read by the shell when it makes the event.
 */
package mayfly.core.pool;
