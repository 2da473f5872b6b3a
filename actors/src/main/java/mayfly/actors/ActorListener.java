package mayfly.actors;

/** Hears what becomes of an actor that it watches. Called on any thread, possibly twice; must be short and not block. */
public interface ActorListener {
    /** Requests can be sent there. */
    void ready(ActorPlace place);

    /** This generation has ended: what was under way there has failed. */
    void stopped(long generation);

    /** It is gone for good. */
    void destroyed();
}
