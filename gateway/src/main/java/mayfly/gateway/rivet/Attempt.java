package mayfly.gateway.rivet;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import mayfly.actors.Tunnel;
import mayfly.actors.TunnelListener;
import mayfly.base.Limits;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/**
 * One sending of a request to a place of its actor. Passes what comes back on to the request's thread, and counts what of
 * it waits there: a runner's socket is shared by all its actors, so it never waits for the client of one.
 */
final class Attempt implements TunnelListener {
    /** What a runner may be ahead of the client with one answer. */
    private static final long AHEAD_BYTES_MAX = 8L * Limits.MIB;
    /** What is not counted against the room of all. */
    private static final long UNCOUNTED_BYTES = 64L * Limits.KIB;

    private static final long STEP_BYTES = 256L * Limits.KIB;

    private final Inbox<Signal> inbox;
    private final Room room;
    private final Runnable cut;
    private final AtomicLong ahead = new AtomicLong();
    /** Set by the request's thread before the runner knows of the attempt. */
    private @Nullable Tunnel tunnel;

    // order: Attempt.held is an innermost lock; guards held, heldBytes and released.
    private final List<Room.Held> held = new ArrayList<>(0);
    private long heldBytes;
    private boolean released;
    /** Hears everything once a WebSocket is open. Set under the lock, so that nothing is put into the inbox after that. */
    private volatile @Nullable TunnelListener successor;

    /** @param cut frees the request's thread from a client that takes nothing of an answer in parts */
    Attempt(Inbox<Signal> inbox, Room room, Runnable cut) {
        this.inbox = inbox;
        this.room = room;
        this.cut = cut;
    }

    void begin(Tunnel opened) {
        tunnel = opened;
    }

    Tunnel tunnel() {
        return Objects.requireNonNull(tunnel);
    }

    @Override
    public void message(ToServerKind message, int index) {
        TunnelListener next = successor;
        if (next != null) {
            next.message(message, index);
            return;
        }
        int bytes = switch (message) {
            case ToServerKind.ResponseStart it ->
                it.body().map(body -> body.length).orElse(0);
            case ToServerKind.ResponseChunk it -> it.body().length;
            case ToServerKind.WebSocketMessage it -> it.data().length;
            case ToServerKind.ResponseAbort _, ToServerKind.WebSocketOpen _ -> 0;
            case ToServerKind.WebSocketMessageAck _, ToServerKind.WebSocketClose _ -> 0;
        };
        boolean whole = message instanceof ToServerKind.ResponseStart;
        long waiting = ahead.addAndGet(bytes);
        boolean fits = (whole || waiting <= AHEAD_BYTES_MAX) && (waiting <= UNCOUNTED_BYTES || hold(waiting));
        pass(fits ? new Signal.Said(this, message) : new Signal.Overflowed(this));
        if (!fits && message instanceof ToServerKind.ResponseChunk) {
            cut.run();
        }
    }

    private boolean hold(long bytes) {
        synchronized (held) {
            while (heldBytes < bytes) {
                long step = Math.max(STEP_BYTES, bytes - heldBytes);
                Room.Held more = released ? null : room.holdNow(step);
                if (more == null) {
                    return false;
                }
                held.add(more);
                heldBytes += step;
            }
            return true;
        }
    }

    /** The client has taken so many bytes. */
    void passedOn(int bytes) {
        ahead.addAndGet(-bytes);
    }

    /** What it counted is free again. */
    void release() {
        synchronized (held) {
            released = true;
            held.forEach(Room.Held::close);
            held.clear();
        }
    }

    @Override
    public void reconnected() {
        pass(new Signal.Reconnected(this));
    }

    @Override
    public void gone() {
        pass(new Signal.Gone(this));
    }

    private void pass(Signal signal) {
        synchronized (held) {
            if (successor == null) {
                inbox.put(signal);
                return;
            }
        }
        pass(signal, Objects.requireNonNull(successor));
    }

    private static void pass(Signal signal, TunnelListener to) {
        switch (signal) {
            case Signal.Said(var _, var message) -> to.message(message, 0);
            case Signal.Reconnected _ -> to.reconnected();
            case Signal.Gone _, Signal.Overflowed _ -> to.gone();
            case Signal.Happened _ -> {}
        }
    }

    /** From now on, and what waits first, goes to somebody else. By the inbox's reader. */
    void handOver(TunnelListener next) {
        while (true) {
            Signal signal;
            synchronized (held) {
                signal = inbox.poll();
                if (signal == null) {
                    successor = next;
                    return;
                }
            }
            pass(signal, next);
        }
    }
}
