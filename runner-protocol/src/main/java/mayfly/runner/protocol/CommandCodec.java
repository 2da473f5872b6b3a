package mayfly.runner.protocol;

/** {@link CommandWrapper} and its bytes. */
final class CommandCodec {
    /** A checkpoint and a tag. */
    static final int BYTES_MIN = CheckpointCodec.BYTES_MIN + 1;

    private static final int HIBERNATING_BYTES = 2 * Integer.BYTES;

    private CommandCodec() {}

    static void write(BareWriter to, CommandWrapper command) {
        CheckpointCodec.write(to, command.checkpoint());
        switch (command.inner()) {
            case Command.StartActor(var config, var hibernating) -> {
                to.tag(0);
                to.string(config.name());
                to.optionalString(config.key());
                to.i64(config.createTs());
                to.optionalData(config.input());
                to.list(hibernating, CommandCodec::writeHibernating);
            }
            case Command.StopActor _ -> to.tag(1);
        }
    }

    static CommandWrapper read(BareReader from) throws MalformedMessageException {
        return new CommandWrapper(CheckpointCodec.read(from), readCommand(from));
    }

    private static Command readCommand(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 ->
                new Command.StartActor(
                        new ActorConfig(from.string(), from.optionalString(), from.i64(), from.optionalData()),
                        from.list(HIBERNATING_BYTES, CommandCodec::readHibernating));
            case 1 -> new Command.StopActor();
            default -> throw from.unknown("Command", tag);
        };
    }

    private static void writeHibernating(BareWriter to, HibernatingRequest request) {
        to.id(request.gatewayId());
        to.id(request.requestId());
    }

    private static HibernatingRequest readHibernating(BareReader from) throws MalformedMessageException {
        return new HibernatingRequest(from.id(), from.id());
    }
}
