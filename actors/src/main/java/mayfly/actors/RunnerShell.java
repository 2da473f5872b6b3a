package mayfly.actors;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.core.Step;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEvent;
import mayfly.core.runner.Runner;
import mayfly.core.runner.RunnerEffect;
import mayfly.core.runner.RunnerEnd;
import mayfly.core.runner.RunnerEvent;
import mayfly.core.runnerpool.RunnerPoolEvent;
import mayfly.runner.protocol.ToClient;
import mayfly.store.RunnerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One runner: who it is, whether it is there, and which actors it has. Its own state has one writer, the mailbox; commands
 * and tunnels of its actors go straight to its {@link RunnerChannel}.
 */
final class RunnerShell {
    /** A client that comes back tells what it has done before anything else; this long it may take. */
    private static final long UNHEARD_AFTER_MILLIS = 700;

    private final RunnerKey key;
    private final ActorEngine engine;
    private final RunnerPoolShell pool;
    private final Mailbox<RunnerEvent> mailbox;
    private final OneTimer timer;
    private final RunnerChannel channel;
    private final long firstSession;
    private volatile RunnerRecord record;
    private volatile Runner state;
    private volatile long rttMillis = -1;
    /** What a new or resumed runner has to do first; the mailbox's own. */
    private List<RunnerEffect> first;

    // order: RunnerShell.hosted is innermost but for the channel's; guards the map and the fields of its values.
    private final Map<ActorId, HostedActor> hosted = new HashMap<>();
    private boolean gone;

    RunnerShell(
            RunnerRecord record,
            RunnerKey key,
            Step<Runner, RunnerEffect> begin,
            long firstSession,
            ActorEngine engine,
            RunnerPoolShell pool) {
        this.record = record;
        this.key = key;
        this.state = begin.state();
        this.first = begin.effects();
        this.firstSession = firstSession;
        this.engine = engine;
        this.pool = pool;
        this.channel = new RunnerChannel();
        this.mailbox = new Mailbox<>(engine.executor(), this::handle);
        this.timer = new OneTimer(engine.timers(), () -> tell(new RunnerEvent.Tick(now())));
    }

    RunnerId id() {
        return record.id();
    }

    RunnerKey key() {
        return key;
    }

    RunnerView view() {
        int used;
        synchronized (hosted) {
            used = hosted.size();
        }
        return RunnerView.of(record, state, used, rttMillis);
    }

    boolean tell(RunnerEvent event) {
        return mailbox.tell(event);
    }

    void start() {
        mailbox.poke();
    }

    /** Somebody waits for one of its actors, which matters only while it is away. */
    void wanted() {
        if (!channel.isUp()) {
            tell(new RunnerEvent.Wanted(now()));
        }
    }

    private long now() {
        return engine.timers().nowMillis();
    }

    // ---- sessions: any thread

    /** Whether it was made for this session, which it then knows of already. */
    boolean isFirst(long session) {
        return session == firstSession;
    }

    /** A socket whose runner has said who it is: known here before the event that speaks of it. */
    void opened(long session, RunnerLink link) {
        channel.opened(session, link);
    }

    void ponged(long session, long sentMillis) {
        rttMillis = Math.max(0, now() - sentMillis);
        tell(new RunnerEvent.Pong(session, now()));
    }

    void closed(long session) {
        channel.closed(session);
        tell(new RunnerEvent.Detached(session, now()));
    }

    // ---- its actors: each called by that actor's mailbox

    /** Makes a place for it; {@code begin} when the runner is to be told. False when the runner is gone. */
    boolean host(ActorShell actor, long generation, boolean begin) {
        HostedActor entry = new HostedActor(actor, generation);
        synchronized (hosted) {
            if (gone) {
                return false;
            }
            hosted.put(actor.id(), entry);
            entry.startSent = begin ? HostedActor.NEVER : HostedActor.EARLIER;
            entry.stopping = actor.known().state() instanceof Actor.Stopping
                    || actor.known().state() instanceof Actor.Destroying;
        }
        if (begin) {
            sendStart(entry, HostedActor.NEVER);
        }
        return true;
    }

    /** Unless somebody else has sent it meanwhile. */
    private void sendStart(HostedActor entry, long lastSent) {
        byte[] frame = engine.commands().start(entry.actor, entry.generation);
        synchronized (hosted) {
            if (entry.startSent == lastSent) {
                entry.startSent = channel.send(frame);
            }
        }
    }

    void stop(ActorShell actor, long generation) {
        HostedActor entry = entry(actor.id(), generation);
        synchronized (hosted) {
            if (entry != null) {
                entry.stopping = true;
            }
            long sent = channel.send(Commands.stop(actor.id(), generation));
            if (entry != null) {
                entry.stopSent = sent;
            }
        }
    }

    void left(ActorId actor, long generation) {
        boolean empty;
        synchronized (hosted) {
            HostedActor entry = hosted.get(actor);
            if (entry != null && entry.generation == generation) {
                hosted.remove(actor);
            }
            empty = hosted.isEmpty();
        }
        if (empty && state instanceof Runner.Draining) {
            tell(new RunnerEvent.Emptied(now()));
        }
    }

    /** What the runner told is durable. */
    void taken(ActorId actor, ActorEvent.Told told) {
        channel.taken(actor, told.generation(), told.index(), told.news() instanceof ActorEvent.Stopped);
    }

    @Nullable
    HostedActor entry(ActorId actor) {
        synchronized (hosted) {
            return hosted.get(actor);
        }
    }

    private @Nullable HostedActor entry(ActorId actor, long generation) {
        HostedActor entry = entry(actor);
        return entry != null && entry.generation == generation ? entry : null;
    }

    private List<HostedActor> entries() {
        synchronized (hosted) {
            return new ArrayList<>(hosted.values());
        }
    }

    // ---- tunnels: any thread

    /** False when the runner cannot take it, now or soon. */
    boolean tunnel(ToClient.TunnelMessage message) {
        return channel.tunnel(message);
    }

    long queuedBytes() {
        return channel.queuedBytes();
    }

    // ---- the mailbox

    private void handle(List<RunnerEvent> events) {
        run(first);
        first = List.of();
        for (RunnerEvent event : events) {
            if (event instanceof RunnerEvent.Tick) {
                timer.fired();
            }
            Step<Runner, RunnerEffect> step = engine.runnerDecider().step(state, event);
            state = step.state();
            run(step.effects());
        }
        if (state instanceof Runner.Gone) {
            mailbox.retire();
            timer.cancel();
            engine.runners().forget(this);
        }
    }

    private void run(List<RunnerEffect> effects) {
        effects.forEach(this::run);
    }

    private void run(RunnerEffect effect) {
        switch (effect) {
            case RunnerEffect.Offer(var version, var slots) ->
                pool.tell(new RunnerPoolEvent.Offered(id(), version, slots, now()));
            case RunnerEffect.Withhold _ -> pool.tell(new RunnerPoolEvent.Withheld(id(), now()));
            case RunnerEffect.Retire _ -> pool.tell(new RunnerPoolEvent.Retired(id(), now()));
            case RunnerEffect.Welcome(var session) -> welcome(session);
            case RunnerEffect.TellGoingAway _ -> tellGoingAway();
            case RunnerEffect.LoseActors(var end) -> loseActors(end);
            case RunnerEffect.CloseSocket(var session, var reason) ->
                channel.close(session, reason == RunnerEffect.CloseReason.EVICTED);
            case RunnerEffect.Persist _ -> {
                record = engine.runners().next(record, state, now());
                engine.runners().commit(record);
            }
            case RunnerEffect.TickAt(var millis) -> timer.at(millis);
        }
    }

    /** Its id first, then every command that it has not heard of. */
    private void welcome(long session) {
        channel.welcome(session, engine.commands().welcome(id()));
        boolean unheard = false;
        for (HostedActor entry : entries()) {
            unheard |= repeat(entry, session, false);
        }
        if (unheard) {
            // What it heard of it tells again at once; only what it is silent of it cannot have heard.
            var _ = engine.timers()
                    .in(UNHEARD_AFTER_MILLIS, () -> engine.executor().execute(() -> repeatUnheard(session)));
        }
    }

    private void repeatUnheard(long session) {
        if (channel.isCurrent(session)) {
            entries().forEach(entry -> repeat(entry, session, true));
        }
    }

    /** True when its start was sent in an earlier session, and is not known to have arrived. */
    private boolean repeat(HostedActor entry, long session, boolean sure) {
        boolean heard = entry.actor.known().state() instanceof Actor.Placed it
                && it.place().heard();
        long sent;
        synchronized (hosted) {
            sent = entry.startSent;
        }
        boolean unheard = !heard && sent != session && sent != HostedActor.NEVER;
        if (!heard && (sent == HostedActor.NEVER || (unheard && sure))) {
            sendStart(entry, sent);
        }
        synchronized (hosted) {
            if (entry.stopping && entry.stopSent != session && (heard || entry.startSent == session)) {
                entry.stopSent = channel.send(Commands.stop(entry.actor.id(), entry.generation));
            }
        }
        return unheard && !sure;
    }

    private void tellGoingAway() {
        List<HostedActor> actors = entries();
        for (HostedActor entry : actors) {
            entry.actor.tell(new ActorEvent.GoingAway(id(), entry.generation, now()));
        }
        if (actors.isEmpty()) {
            tell(new RunnerEvent.Emptied(now()));
        }
    }

    private void loseActors(RunnerEnd end) {
        synchronized (hosted) {
            gone = true;
        }
        ActorEvent.Loss loss = end == RunnerEnd.DRAIN_TIMEOUT ? ActorEvent.Loss.DRAINING : ActorEvent.Loss.CONNECTION;
        for (HostedActor entry : entries()) {
            entry.actor.tell(new ActorEvent.Lost(id(), entry.generation, loss, now()));
        }
        channel.end();
    }

    Optional<HostedActor> hosting(ActorId actor) {
        return Optional.ofNullable(entry(actor));
    }

    RunnerChannel channel() {
        return channel;
    }
}
