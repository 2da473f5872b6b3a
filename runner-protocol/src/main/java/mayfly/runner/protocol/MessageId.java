package mayfly.runner.protocol;

/**
 * Which message of which tunnelled request. Both sides count the messages that they send about a request from 0.
 *
 * @param gatewayId four bytes that stand for the gateway, the first of them the highest
 * @param requestId four bytes that stand for the request within the gateway
 * @param messageIndex u16; after 65535 comes 0
 */
public record MessageId(int gatewayId, int requestId, int messageIndex) {
    /** Refuses an index that is no u16. */
    public MessageId {
        U16.check(messageIndex);
    }
}
