package mayfly.runner.protocol;

/** A WebSocket whose client stayed while its actor slept; the parts are those of {@link MessageId}. */
public record HibernatingRequest(int gatewayId, int requestId) {}
