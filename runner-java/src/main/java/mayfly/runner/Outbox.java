package mayfly.runner;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToServer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the runner says, while there is a connection and while there is none. After a cut the engine hears in
 * this order: all events that it may not have, of all actors (so it learns which there are), then what was asked and not
 * answered, then what was said to clients meanwhile.
 */
final class Outbox {
    /** The last words of an actor are kept so long in case that they were lost with a connection. */
    private static final Duration LAST_WORDS_AGE = Duration.ofMinutes(1);

    // Guards all below; taken alone or before the lock of KvCalls, never held during I/O.
    private final Object lock = new Object();
    private final Set<EventLog> logs = new HashSet<>();
    private final Queue<Retired> retired = new ArrayDeque<>();
    private final Queue<byte[]> held = new ArrayDeque<>();
    private long heldBytes;
    private @Nullable Channel ready;
    private boolean closed;

    private record Retired(EventLog log, long sinceNanos) {}

    EventLog open(String actorId, int generation) {
        EventLog log = new EventLog(actorId, generation);
        synchronized (lock) {
            logs.add(log);
        }
        return log;
    }

    void event(EventLog log, Event event) {
        synchronized (lock) {
            EventWrapper numbered = log.append(event);
            if (logs.contains(log)) {
                sendNow(new ToServer.Events(List.of(numbered)));
            }
        }
    }

    /** The last event of an actor. */
    void lastEvent(EventLog log, Event event) {
        synchronized (lock) {
            event(log, event);
            if (logs.remove(log)) {
                retired.add(new Retired(log, System.nanoTime()));
            }
            forgetOldWords();
        }
    }

    private void forgetOldWords() {
        long now = System.nanoTime();
        while (!retired.isEmpty() && now - retired.element().sinceNanos() > LAST_WORDS_AGE.toNanos()) {
            retired.remove();
        }
    }

    void ack(Collection<ActorCheckpoint> checkpoints) {
        synchronized (lock) {
            for (ActorCheckpoint checkpoint : checkpoints) {
                logs.forEach(log -> log.ack(checkpoint));
                retired.forEach(old -> old.log().ack(checkpoint));
            }
            retired.removeIf(old -> old.log().unacked().isEmpty());
        }
    }

    /** Says it if there is a connection; whoever asks says it again after the next {@link #ready}. */
    void say(ToServer message) {
        synchronized (lock) {
            sendNow(message);
        }
    }

    private void sendNow(ToServer message) {
        if (ready != null) {
            ready.send(RunnerProtocol.encode(message), false);
        }
    }

    /**
     * Says something to a client, now or when the engine is back.
     *
     * @throws IOException too much waits for the engine, or it will not come back
     */
    void tunnel(ToServer.TunnelMessage message) throws IOException {
        byte[] bytes = RunnerProtocol.encode(message);
        synchronized (lock) {
            if (closed) {
                throw new IOException("the runner has ended");
            }
            if (ready != null) {
                ready.send(bytes, true);
                return;
            }
            if (heldBytes + bytes.length > RunnerLimits.QUEUED_BYTES_MAX) {
                throw new IOException("the engine is away, and " + heldBytes + " bytes wait for it");
            }
            held.add(bytes);
            heldBytes += bytes.length;
        }
    }

    /** Waits until less than the limit waits to be sent. */
    void awaitRoom() throws InterruptedException {
        Channel channel;
        synchronized (lock) {
            channel = ready;
        }
        if (channel != null) {
            channel.awaitRoom();
        }
    }

    /**
     * The engine welcomed the runner on this connection.
     *
     * @param sameRunner whether it knows it from before
     */
    void ready(Channel channel, boolean sameRunner, KvCalls calls) {
        synchronized (lock) {
            if (!sameRunner) {
                logs.clear();
                retired.clear();
                held.clear();
            }
            forgetOldWords();
            List<EventWrapper> events = new ArrayList<>();
            logs.forEach(log -> events.addAll(log.unacked()));
            retired.forEach(old -> events.addAll(old.log().unacked()));
            if (!events.isEmpty()) {
                channel.send(RunnerProtocol.encode(new ToServer.Events(events)), false);
            }
            calls.unanswered().forEach(call -> channel.send(RunnerProtocol.encode(call), false));
            held.forEach(message -> channel.send(message, true));
            held.clear();
            heldBytes = 0;
            ready = channel;
        }
    }

    /** This connection ended: what it did not send to clients waits for the next one. */
    void away(Channel channel) {
        synchronized (lock) {
            if (channel.equals(ready)) {
                ready = null;
                for (byte[] message : channel.unsent()) {
                    held.add(message);
                    heldBytes += message.length;
                }
            }
        }
    }

    /** No connection will follow. */
    void close() {
        synchronized (lock) {
            closed = true;
            held.clear();
        }
    }
}
