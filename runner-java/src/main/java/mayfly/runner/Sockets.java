package mayfly.runner;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;

/**
 * The WebSockets of one actor. Of those that hibernate it keeps in the actor's store how they were opened and which
 * message the actor was done with last; the engine keeps the messages after that one. Of the actor's thread.
 */
final class Sockets {
    private static final System.Logger LOG = System.getLogger(Sockets.class.getName());

    /** So many sockets' numbers are stored before the actor has a pause. */
    private static final int UNSAVED_MAX = RunnerLimits.KEYS_MAX / 2;

    private final Kv kv;
    private final Outbox outbox;
    private final Socket.ClosedHere closedHere;
    private final Map<HibernatingRequest, Socket> open = new HashMap<>();
    private final Set<Socket> unsaved = new LinkedHashSet<>();

    Sockets(Kv kv, Outbox outbox, Socket.ClosedHere closedHere) {
        this.kv = kv;
        this.outbox = outbox;
        this.closedHere = closedHere;
    }

    /** After a sleep: of the clients that the engine has and those that the store has. */
    void restore(Actor actor, List<HibernatingRequest> clients, OwnKeys.Found found) throws Exception {
        for (HibernatingRequest client : clients) {
            SocketRecord record = found.sockets().get(client);
            if (record == null) {
                new TunnelPort(client, outbox)
                        .send(new ToServerKind.WebSocketClose(
                                OptionalInt.of(1000), Optional.of("ws.meta_not_found_during_restore"), false));
            } else {
                restore(actor, client, record, found.indexes().getOrDefault(client, 0));
            }
        }
        for (Map.Entry<HibernatingRequest, SocketRecord> gone : found.sockets().entrySet()) {
            if (!clients.contains(gone.getKey())) {
                Socket socket = socket(gone.getKey(), gone.getValue(), true);
                socket.closedThere();
                SocketHandler handler = actor.onSocket(socket);
                handler.onClose(1006, "the client left while the actor slept");
                kv.deleteOwn(OwnKeys.keysOf(gone.getKey()));
            }
        }
    }

    private void restore(Actor actor, HibernatingRequest client, SocketRecord record, int index) throws Exception {
        Socket socket = socket(client, record, true);
        open.put(client, socket);
        socket.open(actor.onSocket(socket), true, index);
    }

    private Socket socket(HibernatingRequest request, SocketRecord record, boolean restored) {
        return new Socket(new TunnelPort(request, outbox), record, restored, closedHere);
    }

    void opened(Actor actor, HibernatingRequest request, ToClientKind.WebSocketOpen message) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        message.headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        SocketRecord record = new SocketRecord(message.path(), headers);
        Socket socket = socket(request, record, false);
        open.put(request, socket);
        try {
            SocketHandler handler = actor.onSocket(socket);
            boolean hibernates = socket.isOpen() && handler.hibernates();
            if (hibernates) {
                // Before the client hears of it: what it sends may wake the actor from then on.
                kv.putOwn(List.of(OwnKeys.socket(request, record)));
            }
            socket.open(handler, hibernates, 0);
        } catch (Exception e) {
            LOG.log(System.Logger.Level.ERROR, "a WebSocket to " + message.path() + " failed", e);
            socket.close(1011, "Server Error");
        }
    }

    void message(HibernatingRequest request, int index, ToClientKind.WebSocketMessage message) {
        Socket socket = open.get(request);
        if (socket == null || !socket.isOpen()) {
            return;
        }
        switch (socket.take(index)) {
            case SKIPPED -> socket.close(1008, "ws.message_index_skip");
            case REPEATED -> unsaved.add(socket);
            case NEXT -> {
                if (socket.hibernates()) {
                    unsaved.add(socket);
                }
                handle(socket, message);
            }
        }
    }

    private static void handle(Socket socket, ToClientKind.WebSocketMessage message) {
        try {
            if (message.binary()) {
                socket.handler().onBinary(message.data());
            } else {
                socket.handler().onText(new String(message.data(), StandardCharsets.UTF_8));
            }
        } catch (Exception e) {
            LOG.log(System.Logger.Level.ERROR, "a message on " + socket.path() + " failed", e);
            socket.close(1011, "actor.message_failed");
        }
    }

    /** The client closed it. */
    void closed(HibernatingRequest request, ToClientKind.WebSocketClose close) throws Exception {
        Socket socket = open.get(request);
        if (socket != null && socket.closedThere()) {
            forget(socket, close.code().orElse(1005), close.reason().orElse(""));
        }
    }

    /** It is closed, by either side. */
    void forget(Socket socket, int code, String reason) throws Exception {
        open.remove(socket.port().request());
        unsaved.remove(socket);
        try {
            socket.handler().onClose(code, reason);
        } finally {
            if (socket.hibernates()) {
                kv.deleteOwn(OwnKeys.keysOf(socket.port().request()));
            }
        }
    }

    boolean hasManyUnsaved() {
        return unsaved.size() >= UNSAVED_MAX;
    }

    /** Stores which messages the actor is done with; the engine need not keep those. */
    void save() throws IOException {
        while (!unsaved.isEmpty()) {
            List<Socket> some = unsaved.stream().limit(RunnerLimits.KEYS_MAX).toList();
            List<KvEntry> entries = new ArrayList<>();
            some.forEach(socket -> entries.add(OwnKeys.index(socket.port().request(), socket.lastIndex())));
            kv.putOwn(entries);
            for (Socket socket : some) {
                unsaved.remove(socket);
                socket.port().send(new ToServerKind.WebSocketMessageAck(socket.lastIndex()));
            }
        }
    }
}
