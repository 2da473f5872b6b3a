/**
 * Owns the life of one connection to a service: held until it gets a machine, served by it, ended. Refuses to know what
 * travels over it: the shell and the machine do.
 *
 * <h2>Asking again</h2>
 *
 * A machine that was gone before it saw its connection did nothing: the connection asks for another one, at once, and at
 * most Limits.CONNECTION_MISSES_MAX times. What a program did with a connection is never tried again. A pool that takes
 * nobody any more because a newer version of the service took its place is no refusal: the connection asks that version's
 * pool, within the time that it may wait.
 *
 * <p>Times are nanoseconds of one monotonic clock, read by the shell when it makes the event.
 */
package mayfly.core.connection;
