package mayfly.http;

import java.io.IOException;

/** The request is no WebSocket handshake that we take; a handler lets it pass and the server answers with {@link #refusal}. */
public final class HandshakeException extends IOException {
    private final Refusal refusal;

    HandshakeException(Refusal refusal, String message) {
        super(message);
        this.refusal = refusal;
    }

    /** MALFORMED, WEBSOCKET_VERSION or OVERLOADED. */
    public Refusal refusal() {
        return refusal;
    }
}
