package mayfly.runner.protocol;

/**
 * A place in the numbered events or commands of one generation of an actor.
 *
 * @param generation u32
 * @param index counted from 0
 */
public record ActorCheckpoint(String actorId, int generation, long index) {}
