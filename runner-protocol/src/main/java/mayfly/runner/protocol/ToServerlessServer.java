package mayfly.runner.protocol;

/** What a serverless endpoint says in its event stream. */
public sealed interface ToServerlessServer {
    /**
     * Its runner connected.
     *
     * @param runnerProtocolVersion u16; what the runner speaks on its WebSocket
     */
    record Init(String runnerId, int runnerProtocolVersion) implements ToServerlessServer {
        /** Refuses a version that is no u16. */
        public Init {
            U16.check(runnerProtocolVersion);
        }
    }
}
