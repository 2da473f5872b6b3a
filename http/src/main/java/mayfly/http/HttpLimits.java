package mayfly.http;

import java.time.Duration;

/**
 * What one server takes at most; at a limit it refuses by name.
 *
 * @param headerBytes request line and header fields together, 256 bytes .. 1 MiB
 * @param bodyBytes a request body, when the handler names no limit of its own
 * @param connections open connections; further ones are answered 503 and closed
 * @param exchanges running handlers; further requests are answered 503
 * @param messageBytes what WebSocket messages that have not arrived whole may take in memory, of all sockets together; a
 *     socket that needs more is closed 1013
 * @param idle how long a connection may wait for its next request
 * @param headTime how long a request head may take from its first byte
 * @param bodyTime how long a body may take, extended by 1 ms for each received byte but never beyond this from now: a
 *     client that sends less than 1 KiB/s is cut in the end, one that sends nothing after this time
 * @param writeTime how long a client may take no byte of a response that waits for it
 * @param linger how long to read and drop what a client still sends after its last answer, so that it sees the answer
 *     and not a reset
 */
public record HttpLimits(
        int headerBytes,
        int bodyBytes,
        int connections,
        int exchanges,
        long messageBytes,
        Duration idle,
        Duration headTime,
        Duration bodyTime,
        Duration writeTime,
        Duration linger) {
    public static final HttpLimits DEFAULT = new HttpLimits(
            32 * 1024,
            8 * 1024 * 1024,
            16_384,
            16_384,
            128L * 1024 * 1024,
            Duration.ofSeconds(75),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(5));

    public HttpLimits {
        require(headerBytes >= 256 && headerBytes <= 1 << 20, "headerBytes is within 256 .. 1 MiB");
        require(bodyBytes >= 0, "bodyBytes >= 0");
        require(connections > 0, "connections > 0");
        require(exchanges > 0, "exchanges > 0");
        require(messageBytes > 0, "messageBytes > 0");
        require(idle.isPositive() && headTime.isPositive() && bodyTime.isPositive(), "timeouts are positive");
        require(writeTime.isPositive() && linger.isPositive(), "timeouts are positive");
    }

    public HttpLimits withSizes(int headerBytesMax, int bodyBytesMax) {
        return new HttpLimits(
                headerBytesMax,
                bodyBytesMax,
                connections,
                exchanges,
                messageBytes,
                idle,
                headTime,
                bodyTime,
                writeTime,
                linger);
    }

    public HttpLimits withCounts(int connectionsMax, int exchangesMax) {
        return new HttpLimits(
                headerBytes,
                bodyBytes,
                connectionsMax,
                exchangesMax,
                messageBytes,
                idle,
                headTime,
                bodyTime,
                writeTime,
                linger);
    }

    public HttpLimits withMessageBytes(long bytesMax) {
        return new HttpLimits(
                headerBytes, bodyBytes, connections, exchanges, bytesMax, idle, headTime, bodyTime, writeTime, linger);
    }

    public HttpLimits withTimes(Duration idleMax, Duration headMax, Duration bodyMax, Duration writeMax) {
        return new HttpLimits(
                headerBytes,
                bodyBytes,
                connections,
                exchanges,
                messageBytes,
                idleMax,
                headMax,
                bodyMax,
                writeMax,
                linger);
    }

    public HttpLimits withLinger(Duration lingerMax) {
        return new HttpLimits(
                headerBytes,
                bodyBytes,
                connections,
                exchanges,
                messageBytes,
                idle,
                headTime,
                bodyTime,
                writeTime,
                lingerMax);
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("limits of the HTTP server: " + rule);
        }
    }
}
