package mayfly.runner;

/** What an actor does with one WebSocket. Called on the actor's thread, as everything of it. */
public interface SocketHandler {
    /**
     * Whether the client is to stay while the actor sleeps; its next message then wakes the actor. Asked once, when the
     * WebSocket opens.
     */
    default boolean hibernates() {
        return false;
    }

    /** The client sent text. */
    default void onText(String text) throws Exception {}

    /** The client sent bytes. */
    default void onBinary(byte[] bytes) throws Exception {}

    /** The WebSocket ended, whoever ended it; nothing follows. Not called when the actor stops before. */
    default void onClose(int code, String reason) throws Exception {}
}
