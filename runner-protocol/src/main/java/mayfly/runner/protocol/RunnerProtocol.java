package mayfly.runner.protocol;

/** Messages to bytes and back. Bytes of strangers are safe here: they cost at most a few times their own size. */
public final class RunnerProtocol {
    /** The version that both sides name when they connect. */
    public static final int VERSION = 7;

    /** No message is longer, in either direction. */
    public static final int MESSAGE_BYTES_MAX = 32 << 20;

    /** A list of a message has no more elements: a byte on the wire may otherwise become many in memory. */
    public static final int LIST_ELEMENTS_MAX = 1 << 18;

    /** A map of a message has no more entries. */
    public static final int MAP_ENTRIES_MAX = 1 << 16;

    private RunnerProtocol() {}

    /**
     * The bytes of a message to a runner.
     *
     * @throws IllegalArgumentException the message is over {@link #MESSAGE_BYTES_MAX}
     */
    public static byte[] encode(ToClient message) {
        BareWriter writer = new BareWriter();
        ToClientCodec.write(writer, message);
        writer.beginWriting();
        ToClientCodec.write(writer, message);
        return writer.finish();
    }

    /**
     * The bytes of a message to an engine.
     *
     * @throws IllegalArgumentException the message is over {@link #MESSAGE_BYTES_MAX}
     */
    public static byte[] encode(ToServer message) {
        BareWriter writer = new BareWriter();
        ToServerCodec.write(writer, message);
        writer.beginWriting();
        ToServerCodec.write(writer, message);
        return writer.finish();
    }

    /** The bytes of a serverless packet: the version, little-endian in two bytes, and the message. */
    public static byte[] encode(ToServerlessServer message) {
        BareWriter writer = new BareWriter();
        ServerlessCodec.write(writer, message);
        writer.beginWriting();
        ServerlessCodec.write(writer, message);
        return writer.finish();
    }

    /** What an engine said. */
    public static ToClient decodeToClient(byte[] bytes) throws MalformedMessageException {
        BareReader reader = new BareReader(bytes);
        ToClient message = ToClientCodec.read(reader);
        reader.end();
        return message;
    }

    /** What a runner said. */
    public static ToServer decodeToServer(byte[] bytes) throws MalformedMessageException {
        BareReader reader = new BareReader(bytes);
        ToServer message = ToServerCodec.read(reader);
        reader.end();
        return message;
    }

    /** What a serverless endpoint said, its version in front; other versions than {@link #VERSION} are malformed. */
    public static ToServerlessServer decodeToServerlessServer(byte[] bytes) throws MalformedMessageException {
        BareReader reader = new BareReader(bytes);
        ToServerlessServer message = ServerlessCodec.read(reader);
        reader.end();
        return message;
    }
}
