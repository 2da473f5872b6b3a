package mayfly.core.actor;

import mayfly.base.RunnerId;

/** What an actor asks its shell to do, in order, once its new state is durable. All may be repeated without harm. */
public sealed interface ActorEffect {
    /**
     * Ask the pool for a slot.
     *
     * @param mayWait false: refuse when nobody has room and nobody can be started
     */
    record Ask(long generation, boolean mayWait) implements ActorEffect {}

    /** The pool takes back the slot of this generation, or its place in the queue. One for each {@link Ask}. */
    record Release(long generation) implements ActorEffect {}

    /** After a restart of the node: the generation has this slot already. */
    record Occupy(long generation, RunnerId runner) implements ActorEffect {}

    record SendStart(RunnerId runner, long generation) implements ActorEffect {}

    record SendStop(RunnerId runner, long generation) implements ActorEffect {}

    /** To everybody who waits for it: it can be reached at its place. */
    record TellReady(Place place) implements ActorEffect {}

    /** To everybody who waits for it or has something under way there: this generation has ended. */
    record TellStopped(long generation) implements ActorEffect {}

    /** To everybody who waits for it: it is gone for good. */
    record TellDestroyed() implements ActorEffect {}

    /** Remove what it kept; answer Purged. */
    record Purge() implements ActorEffect {}
}
