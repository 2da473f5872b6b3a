package mayfly.runner;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.runner.protocol.ToServerKind;

/** Says no to clients on behalf of actors that cannot. */
final class Refusals {
    private static final System.Logger LOG = System.getLogger(Refusals.class.getName());

    private Refusals() {}

    /** The engine tries a request again that was aborted, perhaps elsewhere. */
    static void request(TunnelPort port) {
        send(port, new ToServerKind.ResponseAbort());
    }

    static void socket(TunnelPort port, boolean isGone) {
        String reason = isGone ? "Actor not found" : "actor.mailbox_full";
        send(port, new ToServerKind.WebSocketClose(OptionalInt.of(1011), Optional.of(reason), false));
    }

    private static void send(TunnelPort port, ToServerKind refusal) {
        try {
            port.send(refusal);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a refusal is lost: {0}", e.getMessage());
        }
    }
}
