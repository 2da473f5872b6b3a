package mayfly.actors;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;

/**
 * The way to a runner over its sockets, one after the other: it is up from the welcome on one to the end of that one.
 * What goes through tunnels meanwhile waits for the next, for requests outlive a cut; commands do not, for their senders
 * know what is to be said again. Any thread; never blocks.
 */
final class RunnerChannel {
    private static final int CLOSE_EVICTED = 1000;
    private static final int CLOSE_FAILED = 1011;
    /** Tunnel messages that wait for a runner to come back. */
    private static final int PARKED_MAX = 16_384;

    private static final long PARKED_BYTES_MAX = 2L * Limits.RUNNER_FRAME_BYTES_MAX;
    /** Events after which the runner is told that they need not be told again. */
    private static final int UNACKED_MAX = 64;

    // order: innermost. Guards everything.
    private final Object lock = new Object();
    private final Map<Long, RunnerLink> links = new HashMap<>();
    private final Deque<byte[]> parked = new ArrayDeque<>();
    private final Map<ActorId, ActorCheckpoint> unacked = new HashMap<>();
    private long parkedBytes;
    private int unackedEvents;
    private long session;
    private volatile boolean up;
    private boolean ended;

    void opened(long newSession, RunnerLink link) {
        synchronized (lock) {
            links.put(newSession, link);
        }
    }

    /** From now on it is up on this session, and says this first. */
    void welcome(long newSession, byte[] frame) {
        synchronized (lock) {
            RunnerLink link = links.get(newSession);
            if (link == null) {
                return; // closed meanwhile, of which news follows
            }
            session = newSession;
            up = true;
            link.send(frame);
            parked.forEach(link::send);
            parked.clear();
            parkedBytes = 0;
        }
    }

    void closed(long oldSession) {
        synchronized (lock) {
            links.remove(oldSession);
            if (oldSession == session) {
                up = false;
            }
        }
    }

    void close(long oldSession, boolean evicted) {
        synchronized (lock) {
            RunnerLink link = links.get(oldSession);
            if (link != null) {
                close(link, evicted);
            }
            closed(oldSession);
        }
    }

    private static void close(RunnerLink link, boolean evicted) {
        if (evicted) {
            link.close(CLOSE_EVICTED, "ws.eviction");
        } else {
            link.close(CLOSE_FAILED, "core.internal_error");
        }
    }

    boolean isUp() {
        return up;
    }

    boolean isCurrent(long otherSession) {
        synchronized (lock) {
            return up && session == otherSession;
        }
    }

    /** The session that it was sent in; 0 when there is none. */
    long send(byte[] frame) {
        synchronized (lock) {
            RunnerLink link = up ? links.get(session) : null;
            if (link == null) {
                return HostedActor.NEVER;
            }
            link.send(frame);
            return session;
        }
    }

    /** In the given session or not at all. */
    void send(long inSession, byte[] frame) {
        synchronized (lock) {
            RunnerLink link = links.get(inSession);
            if (link != null) {
                link.send(frame);
            }
        }
    }

    /** False when it is at an end, or too much waits for the runner to come back. */
    boolean tunnel(ToClient.TunnelMessage message) {
        byte[] frame = RunnerProtocol.encode(message);
        synchronized (lock) {
            if (send(frame) != HostedActor.NEVER) {
                return true;
            }
            if (ended || parked.size() >= PARKED_MAX || parkedBytes + frame.length > PARKED_BYTES_MAX) {
                return false;
            }
            parked.add(frame);
            parkedBytes += frame.length;
            return true;
        }
    }

    long queuedBytes() {
        synchronized (lock) {
            RunnerLink link = up ? links.get(session) : null;
            return link == null ? parkedBytes : link.queuedBytes();
        }
    }

    /** An event is durable; the runner forgets what it told when it hears so. */
    void taken(ActorId actor, long generation, long index, boolean last) {
        List<ActorCheckpoint> acked;
        synchronized (lock) {
            unacked.put(actor, new ActorCheckpoint(actor.value(), (int) generation, index));
            unackedEvents++;
            if (!last && unackedEvents < UNACKED_MAX) {
                return;
            }
            acked = new ArrayList<>(unacked.values());
            unacked.clear();
            unackedEvents = 0;
        }
        send(RunnerProtocol.encode(new ToClient.AckEvents(acked)));
    }

    /** The runner is gone. */
    void end() {
        synchronized (lock) {
            ended = true;
            parked.clear();
            parkedBytes = 0;
        }
    }
}
