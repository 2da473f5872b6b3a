package mayfly.runner.protocol;

import java.util.List;

/** What an engine says to a runner. */
public sealed interface ToClient {
    /** The answer to {@link ToServer.Init}: who the runner is. With another id than before, its actors are not its own any more. */
    record Init(String runnerId, ProtocolMetadata metadata) implements ToClient {}

    /** What to do for actors; sent again after a reconnect. */
    record Commands(List<CommandWrapper> commands) implements ToClient {}

    /** Events up to these are durable and need not be sent again. */
    record AckEvents(List<ActorCheckpoint> lastEventCheckpoints) implements ToClient {}

    /**
     * The answer to {@link ToServer.KvRequest}.
     *
     * @param requestId u32, the request's
     */
    record KvResponse(int requestId, KvResponseData data) implements ToClient {}

    /** About a request of a gateway. */
    record TunnelMessage(MessageId id, ToClientKind kind) implements ToClient {}

    /** Asks for {@link ToServer.Pong}. */
    record Ping(long ts) implements ToClient {}
}
