package mayfly.http;

/** What a connection does. */
enum Phase {
    /** Nothing of the next request is here. */
    IDLE,
    /** A part of a request head is here. */
    HEAD,
    /** The head is here, a part of its small body may be. */
    GATHERING,
    /** A handler runs; a larger body may be arriving. */
    RUNNING,
    /** The response is sent; the rest of the request's body is dropped. */
    DISCARDING,
    /** The last response is sent or being sent; whatever arrives is dropped until the client closes. */
    LINGERING,
    /** A WebSocket has the socket now. */
    UPGRADED,
    CLOSED
}
