package mayfly.actors;

/** The way to a runner: its socket. Any thread; never blocks; in order. */
public interface RunnerLink {
    void send(byte[] frame);

    /** Closes it for this reason: {@code group.code}, which runners understand. */
    void close(int code, String reason);

    /** Bytes handed in that the socket has not taken. */
    long queuedBytes();
}
