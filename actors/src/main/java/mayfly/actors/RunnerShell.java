package mayfly.actors;

import java.util.List;
import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.core.Step;
import mayfly.core.actor.ActorEvent;
import mayfly.core.runner.Runner;
import mayfly.core.runner.RunnerEffect;
import mayfly.core.runner.RunnerEnd;
import mayfly.core.runner.RunnerEvent;
import mayfly.core.runnerpool.RunnerPoolEvent;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;
import mayfly.store.RunnerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One runner: who it is, whether it is there, and which actors it has. Its own state has one writer, the mailbox; commands
 * and tunnels of its actors go straight to its {@link RunnerChannel}.
 */
final class RunnerShell {
    private final RunnerKey key;
    private final ActorEngine engine;
    private final RunnerPoolShell pool;
    private final Mailbox<RunnerEvent> mailbox;
    private final OneTimer timer;
    private final RunnerChannel channel;
    private final HostedActors hosted;
    private final long firstSession;
    private volatile RunnerRecord record;
    private volatile Runner state;
    private volatile long rttMillis = -1;
    /** What a new or resumed runner has to do first; the mailbox's own. */
    private List<RunnerEffect> first;

    /** The last session whose runner has said all that it had to say; the reading thread's own. */
    private volatile long surveyed;

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
        this.hosted = new HostedActors(engine, channel);
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
        return RunnerView.of(record, state, hosted.size(), rttMillis);
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

    /** Its program is known by the token. */
    void appeared(Optional<String> token) {
        pool.appeared(id(), token);
    }

    void ponged(long session, long sentMillis) {
        rttMillis = Math.max(0, now() - sentMillis);
        tell(new RunnerEvent.Pong(session, now()));
        if (surveyed < session) {
            surveyed = session;
            engine.executor().execute(() -> lose(hosted.missing(session), ActorEvent.Loss.CONNECTION));
        }
    }

    void closed(long session) {
        channel.closed(session);
        tell(new RunnerEvent.Detached(session, now()));
        if (hosted.list().stream().anyMatch(entry -> entry.actor.isAwaited())) {
            wanted();
        }
    }

    // ---- its actors: any thread

    /** Makes a place for it; {@code begin} when the runner is to be told. False when the runner is gone. */
    boolean host(ActorShell actor, long generation, boolean begin) {
        return hosted.host(actor, generation, begin);
    }

    void stop(ActorShell actor, long generation) {
        hosted.stop(actor, generation);
    }

    void left(ActorId actor, long generation) {
        if (hosted.left(actor, generation) && state instanceof Runner.Draining) {
            tell(new RunnerEvent.Emptied(now()));
        }
    }

    /** The runner speaks of an actor. Not its own: of a stay that is over. */
    void told(long session, ActorId actor, ActorEvent.Told told) {
        HostedActor entry = hosted.find(actor);
        if (entry != null && hosted.seen(actor, told.generation(), session)) {
            if (isLeaving(told.news())) {
                entry.actor.leaving(told.generation(), told.news() instanceof ActorEvent.WantsEnd);
            }
            entry.actor.tell(told);
        } else if (!(told.news() instanceof ActorEvent.Stopped)) {
            // the command to stop was lost on the way: it would run for ever
            channel.send(session, Commands.stop(actor, told.generation()));
        }
    }

    private static boolean isLeaving(ActorEvent.News news) {
        return switch (news) {
            case ActorEvent.WantsSleep _, ActorEvent.WantsEnd _, ActorEvent.Stopped _ -> true;
            case ActorEvent.Runs _, ActorEvent.SetsAlarm _ -> false;
        };
    }

    /** What the runner told is durable. */
    void taken(ActorId actor, ActorEvent.Told told) {
        if (hosted.taken(actor, told.generation())) {
            channel.send(Commands.ack(actor, told.generation(), told.index()));
        }
    }

    @Nullable
    HostedActor entry(ActorId actor) {
        return hosted.find(actor);
    }

    // ---- tunnels: any thread

    /** False when the runner cannot take it, now or soon. */
    boolean tunnel(ToClient.TunnelMessage message) {
        wanted();
        return channel.deliver(RunnerProtocol.encode(message));
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
            Step<Runner, RunnerEffect> step = engine.deciders().runner().apply(state, event);
            state = step.state();
            run(step.effects());
        }
        if (state instanceof Runner.Gone) {
            mailbox.retire();
            timer.cancel();
            engine.runners().forget(this);
            pool.left(id());
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

    /** Its id first, then every command that it has not heard of, then a ping whose answer ends what it has to say. */
    private void welcome(long session) {
        channel.welcome(session, engine.commands().welcome(id()));
        hosted.welcome(session);
        engine.tunnels().reconnected(id());
        channel.send(session, Commands.ping(now()));
    }

    private void lose(List<HostedActor> actors, ActorEvent.Loss loss) {
        actors.forEach(entry -> entry.actor.tell(new ActorEvent.Lost(id(), entry.generation, loss, now())));
    }

    private void tellGoingAway() {
        hosted.tellAll(entry -> new ActorEvent.GoingAway(id(), entry.generation, now()));
        if (hosted.size() == 0) {
            tell(new RunnerEvent.Emptied(now()));
        }
    }

    private void loseActors(RunnerEnd end) {
        lose(hosted.close(), end == RunnerEnd.DRAIN_TIMEOUT ? ActorEvent.Loss.DRAINING : ActorEvent.Loss.CONNECTION);
        channel.end();
    }

    RunnerChannel channel() {
        return channel;
    }
}
