package mayfly.runner.protocol;

/** A command with its number. */
public record CommandWrapper(ActorCheckpoint checkpoint, Command inner) {}
