package mayfly.runner.protocol;

import java.util.List;

/** What an engine asks of a runner for one actor. */
public sealed interface Command {
    /**
     * Start it.
     *
     * @param hibernatingRequests the clients' WebSockets that outlived its last sleep
     */
    record StartActor(ActorConfig config, List<HibernatingRequest> hibernatingRequests) implements Command {}

    /** Stop it. */
    record StopActor() implements Command {}
}
