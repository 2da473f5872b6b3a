package mayfly.runner.protocol;

import java.util.Map;
import java.util.Optional;

/** {@link ToServer} and its bytes. */
final class ToServerCodec {
    private ToServerCodec() {}

    static void write(BareWriter to, ToServer message) {
        switch (message) {
            case ToServer.Init init -> {
                to.tag(0);
                writeInit(to, init);
            }
            case ToServer.Events(var events) -> {
                to.tag(1);
                to.list(events, EventCodec::write);
            }
            case ToServer.AckCommands(var checkpoints) -> {
                to.tag(2);
                to.list(checkpoints, CheckpointCodec::write);
            }
            case ToServer.Stopping _ -> to.tag(3);
            case ToServer.Pong(long ts) -> {
                to.tag(4);
                to.i64(ts);
            }
            case ToServer.KvRequest(var actorId, int requestId, var data) -> {
                to.tag(5);
                to.string(actorId);
                to.u32(requestId);
                KvRequestCodec.write(to, data);
            }
            case ToServer.TunnelMessage(var id, var kind) -> {
                to.tag(6);
                MessageIdCodec.write(to, id);
                ToServerKindCodec.write(to, kind);
            }
        }
    }

    static ToServer read(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> readInit(from);
            case 1 -> new ToServer.Events(from.list(EventCodec.BYTES_MIN, EventCodec::read));
            case 2 -> new ToServer.AckCommands(from.list(CheckpointCodec.BYTES_MIN, CheckpointCodec::read));
            case 3 -> new ToServer.Stopping();
            case 4 -> new ToServer.Pong(from.i64());
            case 5 -> new ToServer.KvRequest(from.string(), from.u32(), KvRequestCodec.read(from));
            case 6 -> new ToServer.TunnelMessage(MessageIdCodec.read(from), ToServerKindCodec.read(from));
            default -> throw from.unknown("ToServer", tag);
        };
    }

    /** On the wire an actor's name maps to a struct with one field, which is the field. */
    private static void writeInit(BareWriter to, ToServer.Init init) {
        to.string(init.name());
        to.u32(init.version());
        to.u32(init.totalSlots());
        Optional<Map<String, String>> names = init.prepopulateActorNames();
        to.bool(names.isPresent());
        if (names.isPresent()) {
            to.strings(names.get());
        }
        to.optionalString(init.metadata());
    }

    private static ToServer.Init readInit(BareReader from) throws MalformedMessageException {
        return new ToServer.Init(
                from.string(),
                from.u32(),
                from.u32(),
                from.bool() ? Optional.of(from.strings()) : Optional.empty(),
                from.optionalString());
    }
}
