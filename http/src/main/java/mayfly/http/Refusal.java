package mayfly.http;

/** Why the server answered a request by itself, without (or after) its handler. */
public enum Refusal {
    /** Not HTTP, or ambiguous: bad request line, header, target, framing. */
    MALFORMED(400),
    /** The request did not arrive in its time. */
    TOO_SLOW(408),
    BODY_TOO_LARGE(413),
    /** An Expect header other than 100-continue. */
    EXPECTATION(417),
    /** A WebSocket of another version than 13. */
    WEBSOCKET_VERSION(426),
    HEADERS_TOO_LARGE(431),
    /** The handler threw, or returned without an answer. */
    FAILED(500),
    /** A method or transfer coding this server does not have. */
    UNSUPPORTED(501),
    /** Too many connections or exchanges at this moment. */
    OVERLOADED(503),
    VERSION(505);

    private final int status;

    Refusal(int status) {
        this.status = status;
    }

    public int status() {
        return status;
    }
}
