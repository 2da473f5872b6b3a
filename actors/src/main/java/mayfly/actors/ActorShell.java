package mayfly.actors;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import mayfly.base.ActorId;
import mayfly.core.Step;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEffect;
import mayfly.core.actor.ActorEvent;
import org.jspecify.annotations.Nullable;

/**
 * One actor that is in memory: takes its events in batches, decides, commits once, then acts. What others read of it is
 * what was committed last. It leaves memory when it sleeps and nobody looks at it.
 */
final class ActorShell {
    private static final long NONE = -1;

    private final ActorId id;
    private final ActorShells shells;
    private final Mailbox<ActorEvent> mailbox;
    private final OneTimer timer;
    private final Set<ActorWatch> watches = ConcurrentHashMap.newKeySet(2);
    private final Set<Tunnel> tunnels = ConcurrentHashMap.newKeySet(2);
    private volatile Known known;
    /** The newest generation that its runner has said is leaving: known before that is durable. */
    private volatile long leaving = NONE;
    /** The newest one that is leaving for good. */
    private volatile long ending = NONE;

    /** Where its generation is; the mailbox's own. */
    private @Nullable RunnerShell runner;
    /** What a new or resumed actor has to do first; the mailbox's own. */
    private List<ActorEffect> first;
    /** Until its first commit; the mailbox's own. */
    private @Nullable ActorBirth birth;

    ActorShell(Known known, List<ActorEffect> first, ActorShells shells) {
        this(known, first, null, shells);
    }

    /** @param birth how it is to be made durable the first time; null when it is already */
    ActorShell(Known known, List<ActorEffect> first, @Nullable ActorBirth birth, ActorShells shells) {
        this.birth = birth;
        this.id = known.record().id();
        this.known = known;
        this.first = first;
        this.shells = shells;
        this.mailbox = new Mailbox<>(shells.executor(), this::handle);
        this.timer = new OneTimer(
                shells.timers(), () -> tell(new ActorEvent.Tick(shells.timers().nowMillis())));
    }

    ActorId id() {
        return id;
    }

    Known known() {
        return known;
    }

    /** False when it has left memory: look it up again. */
    boolean tell(ActorEvent event) {
        return mailbox.tell(event);
    }

    /** Begins by the calling thread, which waits until that is done, and durable. */
    void startHere() {
        mailbox.pokeHere();
    }

    // ---- who looks at it: any thread

    boolean attach(ActorWatch watch) {
        return mailbox.ifOpen(() -> watches.add(watch));
    }

    void detach(ActorWatch watch) {
        watches.remove(watch);
        leaveIfIdle();
    }

    /** Whether requests can go there. */
    Optional<ActorPlace> place() {
        return known.place().filter(it -> it.generation() > leaving);
    }

    /**
     * Its runner says that this generation sleeps, ends or has ended: from here on no request is sent there, for it would
     * be refused, or answered by an actor that was said to be gone. What the runner says before stays before: this comes
     * from the thread that reads its socket.
     */
    void leaving(long generation, boolean forGood) {
        leaving = generation;
        if (forGood) {
            ending = generation;
        }
    }

    /** Whether it will be gone for good, unless that fails. */
    boolean isEnding() {
        return known.state() instanceof Actor.Placed it
                && (it.place().generation() == ending
                        || (it instanceof Actor.Stopping stops && stops.reason() == Actor.Reason.END));
    }

    /** False when the generation is over. One that ends meanwhile tells the tunnel. */
    boolean attach(Tunnel tunnel) {
        tunnels.add(tunnel);
        if (known.state() instanceof Actor.Running it
                && it.place().generation() == tunnel.place().generation()
                && it.place().generation() > leaving) {
            return true;
        }
        tunnels.remove(tunnel);
        return false;
    }

    /** Whether somebody waits for its first word. */
    boolean isAwaited() {
        return tunnels.stream().anyMatch(Tunnel::isAwaiting);
    }

    void detach(Tunnel tunnel) {
        tunnels.remove(tunnel);
        leaveIfIdle();
    }

    private void leaveIfIdle() {
        if (!Known.isAwake(known.state())) {
            mailbox.poke();
        }
    }

    // ---- the mailbox

    private void handle(List<ActorEvent> batch) {
        Known before = known;
        List<ActorEvent> events = new ArrayList<>(batch);
        List<ActorEffect> effects = new ArrayList<>(first);
        first = List.of();
        Actor state = askEarly(fold(before.state(), events, effects), events, effects);
        if (!state.equals(before.state()) || birth != null) {
            Known after = birth == null ? before.with(state) : before.beginning(state);
            tellEarly(after, effects);
            if (!commit(after)) {
                giveUp(state);
                return;
            }
            known = after;
        }
        effects.forEach(this::run);
        acknowledge(events);
        arm(state);
        if (!Known.isAwake(state) && mailbox.retireIf(() -> watches.isEmpty() && tunnels.isEmpty())) {
            timer.cancel();
            shells.forget(this);
        }
    }

    private Actor fold(Actor from, List<ActorEvent> events, List<ActorEffect> effects) {
        Actor state = from;
        for (ActorEvent event : events) {
            if (event instanceof ActorEvent.Tick) {
                timer.fired();
            }
            Step<Actor, ActorEffect> step = shells.step(state, event);
            state = step.state();
            effects.addAll(step.effects());
        }
        return state;
    }

    /**
     * Asks the pool before the commit, for what a pool knows does not outlive the node either: the answer mostly comes at
     * once, and one commit serves both steps. Not when a slot is given back first, for that must be durable.
     */
    private Actor askEarly(Actor state, List<ActorEvent> events, List<ActorEffect> effects) {
        boolean asks = !effects.isEmpty()
                && effects.stream().anyMatch(ActorEffect.Ask.class::isInstance)
                && effects.stream().noneMatch(ActorEffect.Release.class::isInstance);
        if (!asks) {
            return state;
        }
        effects.stream().filter(ActorEffect.Ask.class::isInstance).forEach(this::run);
        effects.removeIf(ActorEffect.Ask.class::isInstance);
        List<ActorEvent> answers = mailbox.takeMore();
        events.addAll(answers);
        return fold(state, answers, effects);
    }

    /** That requests can be sent there is told before the commit: when the node ends, they end with it. */
    private void tellEarly(Known after, List<ActorEffect> effects) {
        if (after.state() instanceof Actor.Running && effects.removeIf(this::isReady)) {
            known = after;
            after.place()
                    .ifPresent(
                            place -> watches.forEach(watch -> watch.listener().ready(place)));
        }
    }

    private boolean isReady(ActorEffect effect) {
        return effect instanceof ActorEffect.TellReady;
    }

    private boolean commit(Known after) {
        ActorBirth begun = birth;
        if (begun == null) {
            return shells.commit(after.record());
        }
        birth = null;
        return shells.begin(after.record(), begun);
    }

    /** The node closes, or somebody else has the key: nothing of this actor has left this node's memory. */
    private void giveUp(Actor state) {
        if (state instanceof Actor.Pending || state instanceof Actor.Starting) {
            run(new ActorEffect.Release(state.life().generation()));
        }
        mailbox.retire();
        timer.cancel();
        shells.forget(this);
    }

    private void run(ActorEffect effect) {
        long now = shells.timers().nowMillis();
        RunnerPoolShell pool = shells.pool(known.record());
        switch (effect) {
            case ActorEffect.Ask(var generation, var mayWait) -> pool.ask(id, generation, mayWait, now);
            case ActorEffect.Release(var generation) -> {
                if (runner != null) {
                    runner.left(id, generation);
                    runner = null;
                }
                pool.release(id, generation, now);
            }
            case ActorEffect.Occupy(var generation, var on) -> {
                pool.occupied(id, generation, on, now);
                place(shells.runner(on), on, generation, false);
            }
            case ActorEffect.SendStart(var on, var generation) -> place(shells.runner(on), on, generation, true);
            case ActorEffect.SendStop(var on, var generation) ->
                shells.runner(on).ifPresent(it -> it.stop(this, generation));
            case ActorEffect.TellReady(var place) -> {
                ActorPlace at = new ActorPlace(id, place.generation(), place.runner());
                watches.forEach(watch -> watch.listener().ready(at));
            }
            case ActorEffect.TellStopped(var generation) -> {
                tunnels.forEach(tunnel -> tunnel.stopped(generation));
                watches.forEach(watch -> watch.listener().stopped(generation));
            }
            case ActorEffect.TellDestroyed _ ->
                watches.forEach(watch -> watch.listener().destroyed());
            case ActorEffect.Purge _ -> shells.purge(this);
        }
    }

    private void place(Optional<RunnerShell> found, mayfly.base.RunnerId on, long generation, boolean begin) {
        if (found.isEmpty() || !found.get().host(this, generation, begin)) {
            long now = shells.timers().nowMillis();
            tell(new ActorEvent.Lost(on, generation, ActorEvent.Loss.CONNECTION, now));
            return;
        }
        runner = found.get();
    }

    /** What a runner told is durable now, so it need not tell it again. */
    private void acknowledge(List<ActorEvent> events) {
        for (ActorEvent event : events) {
            if (event instanceof ActorEvent.Told told) {
                shells.runner(told.runner()).ifPresent(it -> it.taken(id, told));
            }
        }
    }

    private void arm(Actor state) {
        if (state instanceof Actor.Sleeping) {
            timer.cancel();
            shells.alarms().changed(known.record());
        } else {
            timer.at(state.dueMillis().orElse(Long.MAX_VALUE));
        }
    }
}
