package mayfly.runner;

/** Makes the instance for a start of an actor; what it does is told by {@link ActorContext#name}. */
@FunctionalInterface
public interface ActorFactory {
    /** Called on the actor's thread, before anything else of it. */
    Actor create(ActorContext context) throws Exception;
}
