package mayfly.actors;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import mayfly.base.ActorId;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEvent;
import org.jspecify.annotations.Nullable;

/**
 * The actors that one runner has, and what it was told of them.
 *
 * <p>Clients lose news: one that stops an actor while its socket is away never says so, and a command that was on its way
 * may have arrived or not. But the first thing that a client says after a cut is all that it ever said of each actor that
 * it has now, as long as nobody allowed it to forget. So after a cut the runner is asked to answer a ping: whatever it has
 * not spoken of until then it does not have. An actor that it never spoke of at all is then started again, which would
 * make a second one of an actor that lives; one that it spoke of before has been lost.
 */
final class HostedActors {
    /** Events of one actor after which its client may forget them; it complains from 10,000 on. */
    private static final int UNACKED_MAX = 4_000;

    private final ActorEngine engine;
    private final RunnerChannel channel;

    // order: HostedActors.lock, then the channel's. Guards everything below.
    private final Object lock = new Object();
    private final Map<ActorId, HostedActor> all = new HashMap<>();
    private boolean closed;

    HostedActors(ActorEngine engine, RunnerChannel channel) {
        this.engine = engine;
        this.channel = channel;
    }

    int size() {
        synchronized (lock) {
            return all.size();
        }
    }

    @Nullable
    HostedActor find(ActorId actor) {
        synchronized (lock) {
            return all.get(actor);
        }
    }

    List<HostedActor> list() {
        synchronized (lock) {
            return new ArrayList<>(all.values());
        }
    }

    /** Makes a place for it; {@code begin} when the runner is to be told. False when the runner is gone. */
    boolean host(ActorShell actor, long generation, boolean begin) {
        HostedActor entry = new HostedActor(actor, generation);
        synchronized (lock) {
            if (closed) {
                return false;
            }
            all.put(actor.id(), entry);
            entry.startSent = begin ? HostedActor.NEVER : HostedActor.EARLIER;
            entry.stopping = !begin && isStopping(actor.known().state());
        }
        if (begin) {
            sendStart(entry, HostedActor.NEVER);
        }
        return true;
    }

    private static boolean isStopping(Actor state) {
        return state instanceof Actor.Stopping || state instanceof Actor.Destroying;
    }

    /** Unless somebody else has sent it meanwhile. */
    private void sendStart(HostedActor entry, long lastSent) {
        byte[] frame = engine.commands().start(entry.actor, entry.generation);
        synchronized (lock) {
            if (entry.startSent == lastSent) {
                entry.startSent = channel.send(frame);
            }
        }
    }

    void stop(ActorShell actor, long generation) {
        synchronized (lock) {
            long sent = channel.send(Commands.stop(actor.id(), generation));
            HostedActor entry = all.get(actor.id());
            if (entry != null && entry.generation == generation) {
                entry.stopping = true;
                entry.stopSent = sent;
            }
        }
    }

    /** True when it was the last one. */
    boolean left(ActorId actor, long generation) {
        synchronized (lock) {
            HostedActor entry = all.get(actor);
            if (entry == null || entry.generation != generation) {
                return false;
            }
            all.remove(actor);
            return all.isEmpty();
        }
    }

    /** The runner speaks of it. False when that generation is not here. */
    boolean seen(ActorId actor, long generation, long session) {
        synchronized (lock) {
            HostedActor entry = all.get(actor);
            if (entry == null || entry.generation != generation) {
                return false;
            }
            entry.seen = session;
            return true;
        }
    }

    /** What the runner told is durable. True when it is time to let it forget. */
    boolean taken(ActorId actor, long generation) {
        synchronized (lock) {
            HostedActor entry = all.get(actor);
            if (entry == null || entry.generation != generation || ++entry.unacked < UNACKED_MAX) {
                return false;
            }
            entry.unacked = 0;
            entry.acked = true;
            return true;
        }
    }

    /** The runner is back on this session: what it was never told, and once more who is to stop. */
    void welcome(long session) {
        for (HostedActor entry : list()) {
            sendStart(entry, HostedActor.NEVER);
            synchronized (lock) {
                if (entry.stopping && entry.stopSent != session) {
                    entry.stopSent = channel.send(Commands.stop(entry.actor.id(), entry.generation));
                }
            }
        }
    }

    /** The runner has said on this session all that it has to say. Answers those that it has lost. */
    List<HostedActor> missing(long session) {
        List<HostedActor> lost = new ArrayList<>();
        for (HostedActor entry : list()) {
            long sent;
            synchronized (lock) {
                sent = entry.startSent;
                if (sent == session || sent == HostedActor.NEVER || entry.seen == session || entry.acked) {
                    continue;
                }
            }
            boolean heard = entry.actor.known().state() instanceof Actor.Placed it
                    && it.place().generation() == entry.generation
                    && it.place().heard();
            if (heard || entry.stopping) {
                lost.add(entry);
            } else {
                sendStart(entry, sent);
            }
        }
        return lost;
    }

    /** No more are taken. */
    List<HostedActor> close() {
        synchronized (lock) {
            closed = true;
            return list();
        }
    }

    void tellAll(Function<HostedActor, ActorEvent> event) {
        list().forEach(entry -> entry.actor.tell(event.apply(entry)));
    }
}
