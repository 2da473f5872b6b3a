package mayfly.runner.protocol;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a runner says to its engine. */
public sealed interface ToServer {
    /**
     * The first message.
     *
     * @param name the pool
     * @param version u32; actors go to the highest
     * @param totalSlots u32; how many actors it hosts at most
     * @param prepopulateActorNames names of actors that it can host, each with metadata in JSON
     * @param metadata JSON
     */
    record Init(
            String name,
            int version,
            int totalSlots,
            Optional<Map<String, String>> prepopulateActorNames,
            Optional<String> metadata)
            implements ToServer {}

    /** What happened to actors; sent again after a reconnect until {@link ToClient.AckEvents} names it. */
    record Events(List<EventWrapper> events) implements ToServer {}

    /** Commands up to these arrived. */
    record AckCommands(List<ActorCheckpoint> lastCommandCheckpoints) implements ToServer {}

    /** The runner wants to end: stop its actors, send no others. */
    record Stopping() implements ToServer {}

    /** The answer to {@link ToClient.Ping}, with the same time. */
    record Pong(long ts) implements ToServer {}

    /**
     * A request to an actor's durable store.
     *
     * @param requestId u32, of the runner's choice; the response has it too
     */
    record KvRequest(String actorId, int requestId, KvRequestData data) implements ToServer {}

    /** About a request of a gateway. */
    record TunnelMessage(MessageId id, ToServerKind kind) implements ToServer {}
}
