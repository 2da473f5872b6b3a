package mayfly.runner.protocol;

/** An event with its number. */
public record EventWrapper(ActorCheckpoint checkpoint, Event inner) {}
