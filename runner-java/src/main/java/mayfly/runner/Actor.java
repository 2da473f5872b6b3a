package mayfly.runner;

/**
 * What an actor does. All of it is called on the actor's own thread, one call at a time, and may block. An instance lives
 * from one start of the actor to its next stop; what is to outlive that belongs into {@link ActorContext#save} or
 * {@link ActorContext#kv}.
 */
public interface Actor {
    /** The actor's very first start, once in its life unless it fails; {@link ActorContext#input} is what its creator gave. */
    default void onStart() throws Exception {}

    /** A start after a sleep, a crash or a move. */
    default void onWake() throws Exception {}

    /** The last call before the actor leaves memory: it sleeps, moves or ends. What it stores now is there when it wakes. */
    default void onSleep() throws Exception {}

    /** The engine gave the actor to somebody else: nothing can be stored any more. To let go of what the instance holds. */
    default void onLost() {}

    /** The time of {@link ActorContext#setAlarm} has come. When the actor slept, it was woken, and this follows {@link #onWake}. */
    default void onAlarm() throws Exception {}

    /** A request. One that throws is answered with status 500. */
    default Response onRequest(Request request) throws Exception {
        return Response.text(404, "this actor takes no requests\n");
    }

    /**
     * A WebSocket, new or, with {@link Socket#isRestored}, one whose client stayed while the actor slept.
     *
     * @return what to do with its messages
     */
    default SocketHandler onSocket(Socket socket) throws Exception {
        socket.close(1008, "actor.takes_no_websockets");
        return new SocketHandler() {};
    }
}
