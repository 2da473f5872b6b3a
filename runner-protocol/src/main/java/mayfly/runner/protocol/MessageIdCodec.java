package mayfly.runner.protocol;

/** {@link MessageId} and its bytes. */
final class MessageIdCodec {
    private MessageIdCodec() {}

    static void write(BareWriter to, MessageId id) {
        to.id(id.gatewayId());
        to.id(id.requestId());
        to.u16(id.messageIndex());
    }

    static MessageId read(BareReader from) throws MalformedMessageException {
        return new MessageId(from.id(), from.id(), from.u16());
    }
}
