package mayfly.runner.protocol;

/** {@link ToClientKind} and its bytes. */
final class ToClientKindCodec {
    private ToClientKindCodec() {}

    static void write(BareWriter to, ToClientKind kind) {
        switch (kind) {
            case ToClientKind.RequestStart request -> {
                to.tag(0);
                to.string(request.actorId());
                to.string(request.method());
                to.string(request.path());
                to.strings(request.headers());
                to.optionalData(request.body());
                to.bool(request.stream());
            }
            case ToClientKind.RequestChunk(var body, boolean finish) -> {
                to.tag(1);
                to.data(body);
                to.bool(finish);
            }
            case ToClientKind.RequestAbort _ -> to.tag(2);
            case ToClientKind.WebSocketOpen(var actorId, var path, var headers) -> {
                to.tag(3);
                to.string(actorId);
                to.string(path);
                to.strings(headers);
            }
            case ToClientKind.WebSocketMessage(var data, boolean binary) -> {
                to.tag(4);
                to.data(data);
                to.bool(binary);
            }
            case ToClientKind.WebSocketClose(var code, var reason) -> {
                to.tag(5);
                to.optionalU16(code);
                to.optionalString(reason);
            }
        }
    }

    static ToClientKind read(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 ->
                new ToClientKind.RequestStart(
                        from.string(), from.string(), from.string(), from.strings(), from.optionalData(), from.bool());
            case 1 -> new ToClientKind.RequestChunk(from.data(), from.bool());
            case 2 -> new ToClientKind.RequestAbort();
            case 3 -> new ToClientKind.WebSocketOpen(from.string(), from.string(), from.strings());
            case 4 -> new ToClientKind.WebSocketMessage(from.data(), from.bool());
            case 5 -> new ToClientKind.WebSocketClose(from.optionalU16(), from.optionalString());
            default -> throw from.unknown("ToClientKind", tag);
        };
    }
}
