package mayfly.actors;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import mayfly.base.Limits;

/**
 * The way to a runner over its sockets, one after the other: it is up from the welcome on one to the end of that one.
 * What goes through tunnels, and answers about stores, wait for the next one meanwhile, for clients expect them on any
 * socket; commands do not, for their sender knows what is to be said again. Any thread; never blocks.
 */
final class RunnerChannel {
    private static final int CLOSE_EVICTED = 1000;
    private static final int CLOSE_FAILED = 1011;
    /** Tunnel messages that wait for a runner to come back. */
    private static final int PARKED_MAX = 16_384;

    private static final long PARKED_BYTES_MAX = 2L * Limits.RUNNER_FRAME_BYTES_MAX;
    // order: innermost. Guards everything.
    private final Object lock = new Object();
    private final Map<Long, RunnerLink> links = new HashMap<>();
    private final Deque<byte[]> parked = new ArrayDeque<>();
    private long parkedBytes;
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

    /** Now, or when the runner is back. False when it is at an end, or too much waits for that. */
    boolean deliver(byte[] frame) {
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

    /** The runner is gone. */
    void end() {
        synchronized (lock) {
            ended = true;
            parked.clear();
            parkedBytes = 0;
        }
    }
}
