package mayfly.gateway.rivet;

import mayfly.core.request.RequestEvent;
import mayfly.runner.protocol.ToServerKind;

/** What reaches a request's thread. */
sealed interface Signal {
    /** For the decider, as it is. */
    record Happened(RequestEvent event) implements Signal {}

    /** The runner said this in an attempt. */
    record Said(Attempt attempt, ToServerKind message) implements Signal {}

    /** The runner of an attempt has another socket. */
    record Reconnected(Attempt attempt) implements Signal {}

    /** The place of an attempt is gone. */
    record Gone(Attempt attempt) implements Signal {}

    /** What the runner said in an attempt does not fit into memory. */
    record Overflowed(Attempt attempt) implements Signal {}
}
