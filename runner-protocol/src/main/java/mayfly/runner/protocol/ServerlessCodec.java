package mayfly.runner.protocol;

/** {@link ToServerlessServer}, the one message with the version in front of it. */
final class ServerlessCodec {
    private ServerlessCodec() {}

    static void write(BareWriter to, ToServerlessServer message) {
        to.u16(RunnerProtocol.VERSION);
        switch (message) {
            case ToServerlessServer.Init(var runnerId, var version) -> {
                to.tag(0);
                to.string(runnerId);
                to.u16(version);
            }
        }
    }

    static ToServerlessServer read(BareReader from) throws MalformedMessageException {
        int version = from.u16();
        if (version != RunnerProtocol.VERSION) {
            throw from.otherVersion(version);
        }
        int tag = from.tag();
        return switch (tag) {
            case 0 -> new ToServerlessServer.Init(from.string(), from.u16());
            default -> throw from.unknown("ToServerlessServer", tag);
        };
    }
}
