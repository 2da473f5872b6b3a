package mayfly.core.actor;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import mayfly.core.Step;
import mayfly.core.actor.Actor.BackingOff;
import mayfly.core.actor.Actor.Destroyed;
import mayfly.core.actor.Actor.Destroying;
import mayfly.core.actor.Actor.Pending;
import mayfly.core.actor.Actor.Placed;
import mayfly.core.actor.Actor.Running;
import mayfly.core.actor.Actor.Sleeping;
import mayfly.core.actor.Actor.Starting;
import mayfly.core.actor.Actor.Stopping;
import mayfly.core.actor.ActorEffect.Ask;
import mayfly.core.actor.ActorEffect.Occupy;
import mayfly.core.actor.ActorEffect.Purge;
import mayfly.core.actor.ActorEffect.Release;
import mayfly.core.actor.ActorEffect.SendStart;
import mayfly.core.actor.ActorEffect.TellDestroyed;
import mayfly.core.actor.ActorEffect.TellStopped;
import mayfly.core.actor.ActorEvent.DestroyAsked;
import mayfly.core.actor.ActorEvent.GoingAway;
import mayfly.core.actor.ActorEvent.Granted;
import mayfly.core.actor.ActorEvent.Lost;
import mayfly.core.actor.ActorEvent.Purged;
import mayfly.core.actor.ActorEvent.Refused;
import mayfly.core.actor.ActorEvent.RescheduleAsked;
import mayfly.core.actor.ActorEvent.SleepAsked;
import mayfly.core.actor.ActorEvent.Tick;
import mayfly.core.actor.ActorEvent.Told;
import mayfly.core.actor.ActorEvent.Wake;

/** Decides for actors; never acts. This file: actors without a place; {@link PlacedActors} the others. */
public final class Actors {
    private final ActorTimes times;
    private final PlacedActors placed;

    public Actors(ActorTimes times) {
        this.times = times;
        this.placed = new PlacedActors(this, times);
    }

    /** An actor that was just created, and starts at once; under SLEEP only if there is somebody to run it. */
    public Step<Actor, ActorEffect> begin(CrashPolicy crashPolicy, long nowMillis) {
        Life life = Life.begin(crashPolicy).nextGeneration();
        boolean mayWait = crashPolicy != CrashPolicy.SLEEP;
        return Step.with(new Pending(life, nowMillis, OptionalLong.empty()), new Ask(life.generation(), mayWait));
    }

    /** What a node that has just started must do about an actor that it read from the store. */
    public List<ActorEffect> resume(Actor actor) {
        return switch (actor) {
            case Sleeping _, BackingOff _ -> List.of();
            case Pending it -> List.of(new Ask(it.life().generation(), true));
            case Placed it ->
                List.of(new Occupy(it.place().generation(), it.place().runner()));
            case Destroyed it -> it.purged() ? List.of() : List.of(new Purge());
        };
    }

    /**
     * The actor as a node that has just started takes it from the store: a runner that could not tell its news while no node
     * was there gets the time of a start to do so, before its silence means anything.
     */
    public Actor resumed(Actor actor, long nowMillis) {
        long soonest = nowMillis + times.start().toMillis();
        return switch (actor) {
            case Starting it -> new Starting(it.life(), it.place(), Math.max(soonest, it.deadlineMillis()));
            case Stopping it ->
                new Stopping(
                        it.life(),
                        it.place(),
                        it.reason(),
                        it.wake(),
                        it.sinceMillis(),
                        Math.max(soonest, it.deadlineMillis()));
            case Destroying it ->
                new Destroying(it.life(), it.place(), it.sinceMillis(), Math.max(soonest, it.deadlineMillis()));
            case Sleeping _, Pending _, BackingOff _, Running _, Destroyed _ -> actor;
        };
    }

    /** What follows from the event. */
    public Step<Actor, ActorEffect> step(Actor actor, ActorEvent event) {
        Step<Actor, ActorEffect> step = switch (actor) {
            case Sleeping it -> sleeping(it, event);
            case Pending it -> pending(it, event);
            case BackingOff it -> backingOff(it, event);
            case Starting it -> placed.starting(it, event);
            case Running it -> placed.running(it, event);
            case Stopping it -> placed.stopping(it, event);
            case Destroying it -> placed.destroying(it, event);
            case Destroyed it -> destroyed(it, event);
        };
        assert ActorInvariants.hold(actor, event, step);
        return step;
    }

    private Step<Actor, ActorEffect> sleeping(Sleeping actor, ActorEvent event) {
        return switch (event) {
            case Wake(var now) -> wake(actor.life(), now);
            case Tick(var now) ->
                actor.life().alarmDue(now)
                        ? allocate(actor.life(), OptionalLong.empty(), now, List.of())
                        : Step.stay(actor);
            case RescheduleAsked(var now) ->
                allocate(actor.life().stoppedCleanly(), OptionalLong.empty(), now, List.of());
            case DestroyAsked(var now) -> destroy(actor.life(), now, List.of());
            // news of stays that are over
            case Granted _, Refused _, Told _, GoingAway _, Lost _, SleepAsked _, Purged _ -> Step.stay(actor);
        };
    }

    private Step<Actor, ActorEffect> pending(Pending actor, ActorEvent event) {
        Life life = actor.life();
        return switch (event) {
            case Granted(var generation, var runner, var now)
            when generation == life.generation() -> {
                Place place = new Place(runner, generation, -1);
                yield Step.with(
                        new Starting(life, place, now + times.start().toMillis()), new SendStart(runner, generation));
            }
            case Refused(var generation, var now)
            when generation == life.generation() -> giveUp(life.hindered(new Failure.NoCapacity()), now);
            case Tick(var now)
            when actor.deadlineMillis().isPresent()
                    && now >= actor.deadlineMillis().getAsLong() ->
                giveUp(life.hindered(new Failure.NoCapacity()), now);
            case SleepAsked(var now) -> giveUp(life, now);
            case DestroyAsked(var now) -> destroy(life, now, List.of(new Release(life.generation())));
            // it has asked already
            case Wake _, RescheduleAsked _, Tick _ -> Step.stay(actor);
            case Granted _, Refused _, Told _, GoingAway _, Lost _, Purged _ -> Step.stay(actor);
        };
    }

    /** Without having had a slot. Who still waits hears it and may call it again: a call that came late is not lost. */
    private static Step<Actor, ActorEffect> giveUp(Life life, long now) {
        return new Step<>(
                new Sleeping(life, now), List.of(new Release(life.generation()), new TellStopped(life.generation())));
    }

    private Step<Actor, ActorEffect> backingOff(BackingOff actor, ActorEvent event) {
        return switch (event) {
            case Tick(var now)
            when now >= actor.untilMillis() -> ask(actor.life(), OptionalLong.empty(), now, List.of());
            case RescheduleAsked(var now) -> ask(actor.life().stoppedCleanly(), OptionalLong.empty(), now, List.of());
            case SleepAsked(var now) -> {
                Life given = actor.life().nextGeneration(); // one that callers have not heard the end of
                yield Step.with(new Sleeping(given, now), new TellStopped(given.generation()));
            }
            case DestroyAsked(var now) -> destroy(actor.life(), now, List.of());
            // it will start: callers wait, and what fails again and again is not started faster by calls
            case Wake _, Tick _ -> Step.stay(actor);
            case Granted _, Refused _, Told _, GoingAway _, Lost _, Purged _ -> Step.stay(actor);
        };
    }

    private static Step<Actor, ActorEffect> destroyed(Destroyed actor, ActorEvent event) {
        return switch (event) {
            case Purged _ -> new Step<>(new Destroyed(actor.life(), actor.atMillis(), true), List.of());
            case Wake _, Tick _, Granted _, Refused _, Told _, GoingAway _, Lost _ -> Step.stay(actor);
            case SleepAsked _, RescheduleAsked _, DestroyAsked _ -> Step.stay(actor);
        };
    }

    // ---- what several states do

    /** For a caller: it gives up when nobody has room for a while, unless an alarm wants it to run anyway. */
    private Step<Actor, ActorEffect> wake(Life life, long now) {
        OptionalLong deadline = life.alarmDue(now)
                ? OptionalLong.empty()
                : OptionalLong.of(now + times.pending().toMillis());
        return allocate(life, deadline, now, List.of());
    }

    /** A new generation, now or after the pause that its failures demand. */
    Step<Actor, ActorEffect> allocate(Life life, OptionalLong deadline, long now, List<ActorEffect> first) {
        long notBefore = life.retry().notBeforeMillis();
        return notBefore > now
                ? new Step<>(new BackingOff(life, now, notBefore), first)
                : ask(life, deadline, now, first);
    }

    private static Step<Actor, ActorEffect> ask(Life life, OptionalLong deadline, long now, List<ActorEffect> first) {
        Life next = life.nextGeneration();
        return new Step<>(new Pending(next, now, deadline), and(first, new Ask(next.generation(), true)));
    }

    /** Sleeps, unless its alarm is due already. */
    Step<Actor, ActorEffect> sleep(Life life, long now, List<ActorEffect> first) {
        return life.alarmDue(now)
                ? allocate(life, OptionalLong.empty(), now, first)
                : new Step<>(new Sleeping(life, now), first);
    }

    static Step<Actor, ActorEffect> destroy(Life life, long now, List<ActorEffect> first) {
        return new Step<>(new Destroyed(life, now, false), and(and(first, new TellDestroyed()), new Purge()));
    }

    static List<ActorEffect> and(List<ActorEffect> first, ActorEffect last) {
        List<ActorEffect> all = new ArrayList<>(first);
        all.add(last);
        return all;
    }
}
