package mayfly.runner;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.runner.protocol.ToServerKind;

/** A client's WebSocket to an actor. May be used by any thread. */
public final class Socket {
    private static final int INDEX_MASK = 0xffff;

    private final TunnelPort port;
    private final SocketRecord record;
    private final boolean restored;
    private final ClosedHere closedHere;

    // Guarded by this: messages go out in order.
    private final List<ToServerKind> early = new ArrayList<>();
    private boolean opened;
    private boolean closed;

    // Of the actor's thread.
    private SocketHandler handler = new SocketHandler() {};
    private boolean hibernates;
    private int lastIndex;

    /** Hears that the actor closed the socket. */
    @FunctionalInterface
    interface ClosedHere {
        void closed(Socket socket, int code, String reason);
    }

    Socket(TunnelPort port, SocketRecord record, boolean restored, ClosedHere closedHere) {
        this.port = port;
        this.record = record;
        this.restored = restored;
        this.closedHere = closedHere;
    }

    /** The same for as long as the client stays, also over sleeps of the actor. */
    public String id() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(port.request().gatewayId())
                + hex.toHexDigits(port.request().requestId());
    }

    /** With the query. */
    public String path() {
        return record.path();
    }

    /** The headers of the client's request, names in lower case. */
    public Map<String, String> headers() {
        return record.headers();
    }

    /** Whether the client was there before the actor's last sleep. */
    public boolean isRestored() {
        return restored;
    }

    /** Sends text. */
    public void send(String text) throws IOException {
        send(new ToServerKind.WebSocketMessage(checked(text.getBytes(StandardCharsets.UTF_8)), false));
    }

    /** Sends bytes, which must not be changed any more. */
    public void send(byte[] bytes) throws IOException {
        send(new ToServerKind.WebSocketMessage(checked(bytes), true));
    }

    private static byte[] checked(byte[] data) {
        if (data.length > RunnerLimits.BODY_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a message of " + data.length + " bytes, over the limit of " + RunnerLimits.BODY_BYTES_MAX);
        }
        return data;
    }

    private void send(ToServerKind message) throws IOException {
        synchronized (this) {
            if (closed) {
                throw new IOException("the WebSocket is closed");
            }
            if (opened) {
                port.send(message);
            } else {
                early.add(message);
            }
        }
    }

    /** Closes it; nothing happens when it is closed. */
    public void close(int code, String reason) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            try {
                port.send(new ToServerKind.WebSocketClose(OptionalInt.of(code), Optional.of(reason), false));
            } catch (IOException e) {
                // The engine is away for good, and with it the client.
            }
        }
        closedHere.closed(this, code, reason);
    }

    /** Whether nobody closed it. */
    public synchronized boolean isOpen() {
        return !closed;
    }

    TunnelPort port() {
        return port;
    }

    SocketRecord record() {
        return record;
    }

    SocketHandler handler() {
        return handler;
    }

    boolean hibernates() {
        return hibernates;
    }

    int lastIndex() {
        return lastIndex;
    }

    /** From now on what is sent goes out; says so to the client unless it knows. */
    synchronized void open(SocketHandler takenBy, boolean canHibernate, int index) throws IOException {
        handler = takenBy;
        hibernates = canHibernate;
        lastIndex = index;
        if (!closed) {
            if (!restored) {
                port.send(new ToServerKind.WebSocketOpen(canHibernate));
            }
            opened = true;
            for (ToServerKind message : early) {
                port.send(message);
            }
            early.clear();
        }
    }

    /** The client is gone. Whether that is news. */
    synchronized boolean closedThere() {
        boolean news = !closed;
        closed = true;
        return news;
    }

    /** What to do with a message, by its number. */
    enum Order {
        NEXT,
        REPEATED,
        SKIPPED
    }

    /** Only clients that stay over a sleep have their messages repeated, and so counted. */
    Order take(int index) {
        int ahead = (index - lastIndex) & INDEX_MASK;
        if (!hibernates || ahead == 1) {
            lastIndex = index;
            return Order.NEXT;
        }
        return ahead == 0 || ahead > INDEX_MASK / 2 ? Order.REPEATED : Order.SKIPPED;
    }
}
