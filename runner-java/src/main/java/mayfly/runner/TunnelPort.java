package mayfly.runner;

import java.io.IOException;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToServer;
import mayfly.runner.protocol.ToServerKind;

/** The way back to one client: numbers what is said to it. */
final class TunnelPort {
    private final HibernatingRequest request;
    private final Outbox outbox;
    private int nextIndex; // guarded by this: numbers go out in order

    TunnelPort(HibernatingRequest request, Outbox outbox) {
        this.request = request;
        this.outbox = outbox;
    }

    HibernatingRequest request() {
        return request;
    }

    synchronized void send(ToServerKind kind) throws IOException {
        outbox.tunnel(
                new ToServer.TunnelMessage(new MessageId(request.gatewayId(), request.requestId(), nextIndex), kind));
        nextIndex = (nextIndex + 1) & 0xffff;
    }

    /** As {@link #send}, but waits while much else waits to be sent. */
    void sendSlowly(ToServerKind kind) throws IOException, InterruptedException {
        outbox.awaitRoom();
        send(kind);
    }
}
