/**
 * Owns what a task's status means: from what is seen of a supervised command, and what was asked of it, to pending,
 * running, succeeded, failed, killed, stopped or lost. Refuses to know how commands are started or watched.
 *
 * <p>The cause that the monitor wrote into its status file is the only ground for telling killed from failed and stopped
 * from succeeded: it is durable, so a node that was restarted in between comes to the same status. Times are wall-clock
 * milliseconds since 1970, 0 when unknown.
 */
package mayfly.core.task;
