package mayfly.runner.protocol;

/** {@link ToServerKind} and its bytes. */
final class ToServerKindCodec {
    private ToServerKindCodec() {}

    static void write(BareWriter to, ToServerKind kind) {
        switch (kind) {
            case ToServerKind.ResponseStart(int status, var headers, var body, boolean stream) -> {
                to.tag(0);
                to.u16(status);
                to.strings(headers);
                to.optionalData(body);
                to.bool(stream);
            }
            case ToServerKind.ResponseChunk(var body, boolean finish) -> {
                to.tag(1);
                to.data(body);
                to.bool(finish);
            }
            case ToServerKind.ResponseAbort _ -> to.tag(2);
            case ToServerKind.WebSocketOpen(boolean canHibernate) -> {
                to.tag(3);
                to.bool(canHibernate);
            }
            case ToServerKind.WebSocketMessage(var data, boolean binary) -> {
                to.tag(4);
                to.data(data);
                to.bool(binary);
            }
            case ToServerKind.WebSocketMessageAck(int index) -> {
                to.tag(5);
                to.u16(index);
            }
            case ToServerKind.WebSocketClose(var code, var reason, boolean hibernate) -> {
                to.tag(6);
                to.optionalU16(code);
                to.optionalString(reason);
                to.bool(hibernate);
            }
        }
    }

    static ToServerKind read(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> new ToServerKind.ResponseStart(from.u16(), from.strings(), from.optionalData(), from.bool());
            case 1 -> new ToServerKind.ResponseChunk(from.data(), from.bool());
            case 2 -> new ToServerKind.ResponseAbort();
            case 3 -> new ToServerKind.WebSocketOpen(from.bool());
            case 4 -> new ToServerKind.WebSocketMessage(from.data(), from.bool());
            case 5 -> new ToServerKind.WebSocketMessageAck(from.u16());
            case 6 -> new ToServerKind.WebSocketClose(from.optionalU16(), from.optionalString(), from.bool());
            default -> throw from.unknown("ToServerKind", tag);
        };
    }
}
