package mayfly.runner.protocol;

/** {@link ActorCheckpoint} and its bytes. */
final class CheckpointCodec {
    /** An empty id, the generation, the index. */
    static final int BYTES_MIN = 1 + Integer.BYTES + Long.BYTES;

    private CheckpointCodec() {}

    static void write(BareWriter to, ActorCheckpoint checkpoint) {
        to.string(checkpoint.actorId());
        to.u32(checkpoint.generation());
        to.i64(checkpoint.index());
    }

    static ActorCheckpoint read(BareReader from) throws MalformedMessageException {
        return new ActorCheckpoint(from.string(), from.u32(), from.i64());
    }
}
