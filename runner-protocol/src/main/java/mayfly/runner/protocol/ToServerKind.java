package mayfly.runner.protocol;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What a runner says through the tunnel about one request. */
public sealed interface ToServerKind {
    /**
     * The response to a request.
     *
     * @param status u16
     * @param stream whether chunks of the body follow
     */
    record ResponseStart(int status, Map<String, String> headers, Optional<byte[]> body, boolean stream)
            implements ToServerKind {
        /** Refuses a status that is no u16. */
        public ResponseStart {
            U16.check(status);
        }
    }

    /** More of a response's body; the last one finishes it. */
    record ResponseChunk(byte[] body, boolean finish) implements ToServerKind {}

    /** No response will come, or no more of it. */
    record ResponseAbort() implements ToServerKind {}

    /**
     * The WebSocket was taken.
     *
     * @param canHibernate whether its client is to stay while the actor sleeps
     */
    record WebSocketOpen(boolean canHibernate) implements ToServerKind {}

    /** For the client. */
    record WebSocketMessage(byte[] data, boolean binary) implements ToServerKind {}

    /**
     * The client's messages up to this one need not be kept.
     *
     * @param index u16
     */
    record WebSocketMessageAck(int index) implements ToServerKind {
        /** Refuses an index that is no u16. */
        public WebSocketMessageAck {
            U16.check(index);
        }
    }

    /**
     * The actor is done with the WebSocket.
     *
     * @param hibernate whether its client is to stay
     */
    record WebSocketClose(OptionalInt code, Optional<String> reason, boolean hibernate) implements ToServerKind {
        /** Refuses a code that is no u16. */
        public WebSocketClose {
            code.ifPresent(U16::check);
        }
    }
}
