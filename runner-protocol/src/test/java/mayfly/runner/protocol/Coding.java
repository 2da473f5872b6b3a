package mayfly.runner.protocol;

/** The codec for a message of any kind. */
final class Coding {
    private Coding() {}

    static byte[] encode(Object message) {
        return switch (message) {
            case ToServer toServer -> RunnerProtocol.encode(toServer);
            case ToClient toClient -> RunnerProtocol.encode(toClient);
            case ToServerlessServer serverless -> RunnerProtocol.encode(serverless);
            default -> throw new IllegalArgumentException(message.toString());
        };
    }

    /** Decodes bytes as what the example is. */
    static Object decodeLike(Object example, byte[] bytes) throws MalformedMessageException {
        return switch (example) {
            case ToServer _ -> RunnerProtocol.decodeToServer(bytes);
            case ToClient _ -> RunnerProtocol.decodeToClient(bytes);
            case ToServerlessServer _ -> RunnerProtocol.decodeToServerlessServer(bytes);
            default -> throw new IllegalArgumentException(example.toString());
        };
    }
}
