/**
 * Owns the pool of runners of one name: which actor is placed on which runner, who waits, and how many connections are held
 * open so that runners exist. Refuses to know what a connection is (a request to an endpoint, a program that was deployed)
 * and what an actor does: here it is a claim to a slot.
 *
 * <h2>A decider that changes</h2>
 *
 * A pool may have 100,000 claims and 1,000 runners, and every start and stop of an actor passes through it. A state that
 * is copied at each step would cost more than all decisions together, so {@link mayfly.core.runnerpool.RunnerPool} is an
 * object that changes, unlike the other deciders: it has one writer, no clock, and no chance but the generator that it is
 * given, so the same events with the same seed give the same effects. An event costs O(log n). Nothing of it is durable:
 * after a restart it is told what there is.
 *
 * <p>Times are milliseconds of one clock, read by the shell when it makes the event.
 */
package mayfly.core.runnerpool;
