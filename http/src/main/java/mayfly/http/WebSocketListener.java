package mayfly.http;

/**
 * What a client says over one WebSocket. Called on its event loop, one call after the other: must not block. What a
 * method throws closes the socket with 1011. Arrays belong to the listener.
 */
public interface WebSocketListener {
    /** The handshake is answered; comes before everything else, unless the client was gone by then. */
    default void opened(WebSocket socket) {}

    /** A whole text message; it is valid UTF-8. */
    void text(byte[] utf8);

    /** A whole binary message. */
    void binary(byte[] data);

    /**
     * Nothing more comes, and nothing more can be sent; called exactly once, also when the client was gone before it
     * began. The code is the client's (1005 when it gave none), ours when the client broke a rule or took too little, or
     * 1006 when the connection was cut.
     */
    void closed(int code, String reason);
}
