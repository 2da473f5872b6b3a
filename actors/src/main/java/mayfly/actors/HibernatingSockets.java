package mayfly.actors;

import java.util.List;
import mayfly.base.ActorId;
import mayfly.runner.protocol.HibernatingRequest;

/** Knows the client sockets that outlive the stays of an actor; the gateway holds them. */
@FunctionalInterface
public interface HibernatingSockets {
    /** Those that are open for this actor now. Short, any thread. */
    List<HibernatingRequest> of(ActorId actor);
}
