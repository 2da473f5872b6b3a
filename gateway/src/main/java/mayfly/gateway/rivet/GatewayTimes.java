package mayfly.gateway.rivet;

import java.time.Duration;
import mayfly.core.request.RequestTimes;

/**
 * How patient the gateway is.
 *
 * @param http with requests
 * @param opening with WebSockets that an actor has not taken yet
 * @param ackMax how long a message to a WebSocket that can hibernate may go unacknowledged while its actor is awake
 */
record GatewayTimes(RequestTimes http, RequestTimes opening, Duration ackMax) {
    static final GatewayTimes DEFAULT =
            new GatewayTimes(RequestTimes.HTTP, RequestTimes.WEB_SOCKET, Duration.ofSeconds(30));
}
