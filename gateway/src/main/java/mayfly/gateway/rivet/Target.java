package mayfly.gateway.rivet;

import java.util.Optional;
import mayfly.core.actor.CrashPolicy;

/** What a request is for, as far as its head tells. */
sealed interface Target {
    /** Neither actors nor runners: somebody else's request. */
    record Other() implements Target {}

    /** A runner's socket. */
    record RunnerSocket() implements Target {}

    /** An actor. */
    sealed interface OfActor extends Target {
        /** The path and query that are for the actor. */
        String path();
    }

    /** An actor, by its id as the client wrote it. */
    record ById(String id, String path) implements OfActor {}

    /** An actor, by what it is. */
    record ByName(Name name, String path) implements OfActor {}

    /** Meant for an actor, and wrong. */
    record Wrong(GuardError error) implements Target {}

    /**
     * An actor without its id.
     *
     * @param key as it is stored
     * @param wanted what it is made with when there is none; absent when it must be there
     */
    record Name(String namespace, String name, String key, Optional<Wanted> wanted) {}

    /** How a missing actor is made. */
    record Wanted(String pool, CrashPolicy crashPolicy, Optional<byte[]> input) {}
}
