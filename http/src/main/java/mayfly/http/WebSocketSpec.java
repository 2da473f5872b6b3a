package mayfly.http;

import java.time.Duration;

/**
 * What one WebSocket takes at most; at a limit it is closed by name.
 *
 * @param messageBytes a message from the client, all its fragments together; more closes with 1009
 * @param queuedBytes what may wait to be taken by the client; more closes with 1011
 * @param closeTime how long the closing handshake may take before the socket is cut
 * @param quiet after how long without a byte from the client it is asked for one (a ping); after as long again without
 *     an answer it is taken for gone
 */
public record WebSocketSpec(int messageBytes, long queuedBytes, Duration closeTime, Duration quiet) {
    public static final WebSocketSpec DEFAULT =
            new WebSocketSpec(1 << 20, 4 << 20, Duration.ofSeconds(5), Duration.ofSeconds(30));

    public WebSocketSpec {
        require(messageBytes > 0, "messageBytes > 0");
        require(queuedBytes > 0, "queuedBytes > 0");
        require(closeTime.isPositive() && quiet.isPositive(), "times are positive");
    }

    public WebSocketSpec withSizes(int messageBytesMax, long queuedBytesMax) {
        return new WebSocketSpec(messageBytesMax, queuedBytesMax, closeTime, quiet);
    }

    public WebSocketSpec withTimes(Duration closeMax, Duration quietMax) {
        return new WebSocketSpec(messageBytes, queuedBytes, closeMax, quietMax);
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("limits of a WebSocket: " + rule);
        }
    }
}
