package mayfly.actors;

import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;

/**
 * The way of one request, or of one WebSocket, to an actor's place and back. Its ids are on every message; those to the
 * runner are numbered from 0 in 16 bits. One that was resumed at a later place keeps its ids and goes on counting.
 */
public final class Tunnel implements AutoCloseable {
    private final Tunnels tunnels;
    private final int requestId;
    private final TunnelListener listener;
    private final ActorPlace place;
    private final ActorShell actor;
    private final RunnerShell runner;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean awaiting;

    // order: Tunnel.this, then RunnerShell's; guards nextIndex, so that numbers and wire agree.
    private int nextIndex;

    Tunnel(
            Tunnels tunnels,
            int requestId,
            int nextIndex,
            TunnelListener listener,
            ActorPlace place,
            ActorShell actor,
            RunnerShell runner) {
        this.tunnels = tunnels;
        this.requestId = requestId;
        this.nextIndex = nextIndex;
        this.listener = listener;
        this.place = place;
        this.actor = actor;
        this.runner = runner;
    }

    public ActorPlace place() {
        return place;
    }

    /** Stands for this node's gateway on the wire. */
    public int gatewayId() {
        return tunnels.gatewayId();
    }

    /** Stands for the request within the gateway. */
    public int requestId() {
        return requestId;
    }

    /** The number of the message that is sent next. */
    public synchronized int nextIndex() {
        return nextIndex;
    }

    /** Whether it has asked the actor something to which nothing was said yet. */
    boolean isAwaiting() {
        return awaiting && !over.get();
    }

    /** Sends a message to the runner and answers its number. Never blocks; a tunnel that is gone drops it. */
    public synchronized int send(ToClientKind message) {
        int index = nextIndex;
        nextIndex = (nextIndex + 1) & 0xFFFF;
        if (message instanceof ToClientKind.RequestStart || message instanceof ToClientKind.WebSocketOpen) {
            awaiting = true;
        }
        sendAgain(message, index);
        return index;
    }

    /** Sends a message once more that had this number. */
    public void sendAgain(ToClientKind message, int index) {
        if (!over.get()
                && !runner.tunnel(new ToClient.TunnelMessage(new MessageId(gatewayId(), requestId, index), message))) {
            end();
        }
    }

    /** Bytes that the runner's socket has not taken: whoever sends much waits while they are many. */
    public long queuedBytes() {
        return runner.queuedBytes();
    }

    void deliver(ToServerKind message, int index) {
        awaiting = false;
        if (!over.get()) {
            listener.message(message, index);
        }
    }

    void reconnected() {
        if (!over.get()) {
            listener.reconnected();
        }
    }

    /** A generation of the actor has ended. */
    void stopped(long generation) {
        if (generation >= place.generation()) {
            end();
        }
    }

    private void end() {
        if (over.compareAndSet(false, true)) {
            tunnels.remove(this);
            actor.detach(this);
            listener.gone();
        }
    }

    /** Nothing more is heard or sent. The listener is not told. */
    @Override
    public void close() {
        if (over.compareAndSet(false, true)) {
            tunnels.remove(this);
            actor.detach(this);
        }
    }
}
