package mayfly.actors;

import mayfly.runner.protocol.ToServerKind;

/** Hears the runner's side of one request. Called on the thread that reads the runner's socket: must be short. */
public interface TunnelListener {
    /**
     * What the runner says, in its order.
     *
     * @param index the message's number within the request, from the wire
     */
    void message(ToServerKind message, int index);

    /**
     * The runner's socket broke, and another is there: what was said last, by either side, may be lost. Any thread; must be
     * short.
     */
    default void reconnected() {}

    /** The actor has left the place, or its runner is lost; nothing more will come. Once, on any thread. */
    void gone();
}
