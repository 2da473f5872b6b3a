package mayfly.runner.protocol;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What a gateway says through the tunnel about one request. */
public sealed interface ToClientKind {
    /**
     * A request for an actor.
     *
     * @param path with the query
     * @param headers names in lower case
     * @param body empty when there is none
     * @param stream whether chunks of the body follow
     */
    record RequestStart(
            String actorId,
            String method,
            String path,
            Map<String, String> headers,
            Optional<byte[]> body,
            boolean stream)
            implements ToClientKind {}

    /** More of a request's body; the last one finishes it. */
    record RequestChunk(byte[] body, boolean finish) implements ToClientKind {}

    /** Nobody waits for the response any more. */
    record RequestAbort() implements ToClientKind {}

    /** A client wants a WebSocket to an actor. */
    record WebSocketOpen(String actorId, String path, Map<String, String> headers) implements ToClientKind {}

    /** The client sent this. */
    record WebSocketMessage(byte[] data, boolean binary) implements ToClientKind {}

    /** The client is gone, or is to be. */
    record WebSocketClose(OptionalInt code, Optional<String> reason) implements ToClientKind {
        /** Refuses a code that is no u16. */
        public WebSocketClose {
            code.ifPresent(U16::check);
        }
    }
}
