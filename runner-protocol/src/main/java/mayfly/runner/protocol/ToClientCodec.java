package mayfly.runner.protocol;

/** {@link ToClient} and its bytes. */
final class ToClientCodec {
    private ToClientCodec() {}

    static void write(BareWriter to, ToClient message) {
        switch (message) {
            case ToClient.Init(var runnerId, var metadata) -> {
                to.tag(0);
                to.string(runnerId);
                to.i64(metadata.runnerLostThreshold());
                to.i64(metadata.actorStopThreshold());
                to.optionalI64(metadata.serverlessDrainGracePeriod());
            }
            case ToClient.Commands(var commands) -> {
                to.tag(1);
                to.list(commands, CommandCodec::write);
            }
            case ToClient.AckEvents(var checkpoints) -> {
                to.tag(2);
                to.list(checkpoints, CheckpointCodec::write);
            }
            case ToClient.KvResponse(int requestId, var data) -> {
                to.tag(3);
                to.u32(requestId);
                KvResponseCodec.write(to, data);
            }
            case ToClient.TunnelMessage(var id, var kind) -> {
                to.tag(4);
                MessageIdCodec.write(to, id);
                ToClientKindCodec.write(to, kind);
            }
            case ToClient.Ping(long ts) -> {
                to.tag(5);
                to.i64(ts);
            }
        }
    }

    static ToClient read(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 ->
                new ToClient.Init(from.string(), new ProtocolMetadata(from.i64(), from.i64(), from.optionalI64()));
            case 1 -> new ToClient.Commands(from.list(CommandCodec.BYTES_MIN, CommandCodec::read));
            case 2 -> new ToClient.AckEvents(from.list(CheckpointCodec.BYTES_MIN, CheckpointCodec::read));
            case 3 -> new ToClient.KvResponse(from.u32(), KvResponseCodec.read(from));
            case 4 -> new ToClient.TunnelMessage(MessageIdCodec.read(from), ToClientKindCodec.read(from));
            case 5 -> new ToClient.Ping(from.i64());
            default -> throw from.unknown("ToClient", tag);
        };
    }
}
