package mayfly.actors;

import mayfly.base.ActorId;
import mayfly.base.RunnerId;

/** Where requests to an actor go at a moment: one generation of it on one runner. */
public record ActorPlace(ActorId actor, long generation, RunnerId runner) {}
