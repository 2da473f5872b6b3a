package mayfly.core.actor;

import java.util.List;
import java.util.OptionalLong;
import mayfly.core.Step;
import mayfly.core.actor.Actor.Destroying;
import mayfly.core.actor.Actor.Reason;
import mayfly.core.actor.Actor.Running;
import mayfly.core.actor.Actor.Starting;
import mayfly.core.actor.Actor.Stopping;
import mayfly.core.actor.ActorEffect.Purge;
import mayfly.core.actor.ActorEffect.Release;
import mayfly.core.actor.ActorEffect.SendStop;
import mayfly.core.actor.ActorEffect.TellDestroyed;
import mayfly.core.actor.ActorEffect.TellReady;
import mayfly.core.actor.ActorEffect.TellStopped;
import mayfly.core.actor.ActorEvent.DestroyAsked;
import mayfly.core.actor.ActorEvent.GoingAway;
import mayfly.core.actor.ActorEvent.Granted;
import mayfly.core.actor.ActorEvent.Lost;
import mayfly.core.actor.ActorEvent.Purged;
import mayfly.core.actor.ActorEvent.Refused;
import mayfly.core.actor.ActorEvent.RescheduleAsked;
import mayfly.core.actor.ActorEvent.Runs;
import mayfly.core.actor.ActorEvent.SetsAlarm;
import mayfly.core.actor.ActorEvent.SleepAsked;
import mayfly.core.actor.ActorEvent.Stopped;
import mayfly.core.actor.ActorEvent.Tick;
import mayfly.core.actor.ActorEvent.Told;
import mayfly.core.actor.ActorEvent.Wake;
import mayfly.core.actor.ActorEvent.WantsEnd;
import mayfly.core.actor.ActorEvent.WantsSleep;

/** Decides for actors that are on a runner. A slot is released in the very step in which the generation ends. */
final class PlacedActors {
    private final Actors actors;
    private final ActorTimes times;

    PlacedActors(Actors actors, ActorTimes times) {
        this.actors = actors;
        this.times = times;
    }

    Step<Actor, ActorEffect> starting(Starting actor, ActorEvent event) {
        Life life = actor.life();
        Place place = actor.place();
        return switch (event) {
            case Told told
            when isNews(place, told) -> {
                Place heard = place.heardUntil(told.index());
                long now = told.nowMillis();
                yield switch (told.news()) {
                    case Runs _ -> Step.with(new Running(life.up(now), heard, now), new TellReady(heard));
                    case Stopped stopped -> ended(life, heard, stopped, now);
                    case WantsSleep _ -> stop(life, heard, Reason.SLEEP, now);
                    case WantsEnd _ -> stop(life, heard, Reason.END, now);
                    case SetsAlarm(var at) ->
                        new Step<>(new Starting(life.withAlarm(at), heard, actor.deadlineMillis()), List.of());
                };
            }
            case Tick(var now)
            when now >= actor.deadlineMillis() -> lost(life, place, new Failure.NoResponse(place.runner()), now);
            case Lost lost
            when place.is(lost.runner(), lost.generation()) -> lost(life, place, failure(lost), lost.nowMillis());
            case GoingAway going
            when place.is(going.runner(), going.generation()) -> stop(life, place, Reason.MOVE, going.nowMillis());
            case SleepAsked(var now) -> stop(life, place, Reason.SLEEP, now);
            case RescheduleAsked(var now) -> stop(life, place, Reason.MOVE, now);
            case DestroyAsked(var now) -> destroy(life, place, now, true);
            case Wake _, Tick _ -> Step.stay(actor); // under way
            case Told _, GoingAway _, Lost _, Granted _, Refused _, Purged _ -> Step.stay(actor);
        };
    }

    Step<Actor, ActorEffect> running(Running actor, ActorEvent event) {
        Life life = actor.life();
        Place place = actor.place();
        return switch (event) {
            case Told told
            when isNews(place, told) -> {
                Place heard = place.heardUntil(told.index());
                long now = told.nowMillis();
                yield switch (told.news()) {
                    case Runs _ -> new Step<>(new Running(life, heard, actor.sinceMillis()), List.of());
                    case Stopped stopped -> ended(life, heard, stopped, now);
                    case WantsSleep _ -> stop(life, heard, Reason.SLEEP, now);
                    case WantsEnd _ -> stop(life, heard, Reason.END, now);
                    case SetsAlarm(var at) ->
                        new Step<>(new Running(life.withAlarm(at), heard, actor.sinceMillis()), List.of());
                };
            }
            case Lost lost
            when place.is(lost.runner(), lost.generation()) -> lost(life, place, failure(lost), lost.nowMillis());
            case GoingAway going
            when place.is(going.runner(), going.generation()) -> stop(life, place, Reason.MOVE, going.nowMillis());
            case SleepAsked(var now) -> stop(life, place, Reason.SLEEP, now);
            case RescheduleAsked(var now) -> stop(life, place, Reason.MOVE, now);
            case DestroyAsked(var now) -> destroy(life, place, now, true);
            case Wake _, Tick _ -> Step.stay(actor); // it can be reached
            case Told _, GoingAway _, Lost _, Granted _, Refused _, Purged _ -> Step.stay(actor);
        };
    }

    Step<Actor, ActorEffect> stopping(Stopping actor, ActorEvent event) {
        Place place = actor.place();
        return switch (event) {
            case Told told
            when isNews(place, told) -> {
                Stopping heard = with(actor, place.heardUntil(told.index()));
                yield switch (told.news()) {
                    case Stopped stopped -> stopped(heard, stopped, told.nowMillis());
                    case WantsEnd _ -> new Step<>(with(heard, Reason.END), List.of());
                    case SetsAlarm(var at) ->
                        new Step<>(with(heard, heard.life().withAlarm(at)), List.of());
                    case Runs _, WantsSleep _ -> new Step<>(heard, List.of()); // it was told to stop already
                };
            }
            case Tick(var now)
            when now >= actor.deadlineMillis() -> gone(actor, new Failure.NoResponse(place.runner()), now);
            case Lost lost
            when place.is(lost.runner(), lost.generation()) -> gone(actor, failure(lost), lost.nowMillis());
            case Wake _ -> new Step<>(woken(actor), List.of());
            case RescheduleAsked _ -> new Step<>(woken(actor), List.of());
            case DestroyAsked(var now) -> destroy(actor.life(), place, now, false);
            case GoingAway _, SleepAsked _, Tick _ -> Step.stay(actor); // it stops already
            case Told _, Lost _, Granted _, Refused _, Purged _ -> Step.stay(actor);
        };
    }

    Step<Actor, ActorEffect> destroying(Destroying actor, ActorEvent event) {
        Place place = actor.place();
        return switch (event) {
            case Told told
            when isNews(place, told) ->
                switch (told.news()) {
                    case Stopped _ -> let(actor);
                    case Runs _, WantsSleep _, WantsEnd _, SetsAlarm _ ->
                        new Step<>(
                                new Destroying(
                                        actor.life(),
                                        place.heardUntil(told.index()),
                                        actor.sinceMillis(),
                                        actor.deadlineMillis()),
                                List.of());
                };
            case Tick(var now) when now >= actor.deadlineMillis() -> let(actor);
            case Lost lost when place.is(lost.runner(), lost.generation()) -> let(actor);
            case GoingAway _, DestroyAsked _, Tick _, Wake _, SleepAsked _, RescheduleAsked _ -> Step.stay(actor);
            case Told _, Lost _, Granted _, Refused _, Purged _ -> Step.stay(actor);
        };
    }

    // ---- how a generation ends

    private Step<Actor, ActorEffect> stop(Life life, Place place, Reason reason, long now) {
        long deadline = now + times.stop().toMillis();
        return Step.with(
                new Stopping(life, place, reason, false, now, deadline),
                new ActorEffect.SendStop(place.runner(), place.generation()));
    }

    private Step<Actor, ActorEffect> destroy(Life life, Place place, long now, boolean tell) {
        long deadline = now + times.stop().toMillis();
        Destroying next = new Destroying(life, place, now, deadline);
        return tell
                ? new Step<>(next, List.of(new SendStop(place.runner(), place.generation()), new TellDestroyed()))
                : Step.with(next, new TellDestroyed());
    }

    /** It ended although nobody asked it to. */
    private Step<Actor, ActorEffect> ended(Life life, Place place, Stopped news, long now) {
        List<ActorEffect> end = end(place);
        return news.clean()
                ? Actors.destroy(life, now, end)
                : crashed(life.failed(new Failure.Crashed(news.message()), now), now, false, end);
    }

    private Step<Actor, ActorEffect> lost(Life life, Place place, Failure failure, long now) {
        List<ActorEffect> end = List.of(
                new SendStop(place.runner(), place.generation()),
                new Release(place.generation()),
                new TellStopped(place.generation()));
        return crashed(life.failed(failure, now), now, false, end);
    }

    private Step<Actor, ActorEffect> crashed(Life life, long now, boolean wake, List<ActorEffect> end) {
        return switch (life.crashPolicy()) {
            case RESTART -> actors.allocate(life, OptionalLong.empty(), now, end);
            case SLEEP -> wake ? actors.allocate(life, OptionalLong.empty(), now, end) : actors.sleep(life, now, end);
            case DESTROY -> Actors.destroy(life, now, end);
        };
    }

    /** It said that it stopped, as it was told to. The code does not tell more: clients say "error" after each sleep. */
    private Step<Actor, ActorEffect> stopped(Stopping actor, Stopped news, long now) {
        List<ActorEffect> end = end(actor.place());
        Life life = actor.life();
        return switch (actor.reason()) {
            case SLEEP -> rest(life.stoppedCleanly(), actor.wake(), now, end);
            case MOVE ->
                life.crashPolicy() == CrashPolicy.SLEEP
                        ? rest(life.stoppedCleanly(), actor.wake(), now, end)
                        : actors.allocate(life.stoppedCleanly(), OptionalLong.empty(), now, end);
            case END ->
                news.clean()
                        ? Actors.destroy(life, now, end)
                        : crashed(life.failed(new Failure.Crashed(news.message()), now), now, actor.wake(), end);
        };
    }

    /** It will not say that it stopped. What it was told to stop for decides still. */
    private Step<Actor, ActorEffect> gone(Stopping actor, Failure failure, long now) {
        List<ActorEffect> end = end(actor.place());
        Life life = actor.life();
        return switch (actor.reason()) {
            case SLEEP -> rest(life.hindered(failure), actor.wake(), now, end);
            case MOVE, END -> crashed(life.failed(failure, now), now, actor.wake(), end);
        };
    }

    private Step<Actor, ActorEffect> rest(Life life, boolean wake, long now, List<ActorEffect> end) {
        return wake ? actors.allocate(life, OptionalLong.empty(), now, end) : actors.sleep(life, now, end);
    }

    /** A destroyed actor whose runner has let go of it. Everybody was told before. */
    private static Step<Actor, ActorEffect> let(Destroying actor) {
        long generation = actor.place().generation();
        return new Step<>(
                new Actor.Destroyed(actor.life(), actor.sinceMillis(), false),
                List.of(new Release(generation), new TellStopped(generation), new Purge()));
    }

    private static List<ActorEffect> end(Place place) {
        return List.of(new Release(place.generation()), new TellStopped(place.generation()));
    }

    private static boolean isNews(Place place, Told told) {
        return place.is(told.runner(), told.generation()) && told.index() > place.lastEvent();
    }

    private static Failure failure(Lost lost) {
        return switch (lost.loss()) {
            case CONNECTION -> new Failure.ConnectionLost(lost.runner());
            case DRAINING -> new Failure.DrainingTimeout(lost.runner());
        };
    }

    private static Stopping with(Stopping it, Place place) {
        return new Stopping(it.life(), place, it.reason(), it.wake(), it.sinceMillis(), it.deadlineMillis());
    }

    private static Stopping with(Stopping it, Reason reason) {
        return new Stopping(it.life(), it.place(), reason, it.wake(), it.sinceMillis(), it.deadlineMillis());
    }

    private static Stopping with(Stopping it, Life life) {
        return new Stopping(life, it.place(), it.reason(), it.wake(), it.sinceMillis(), it.deadlineMillis());
    }

    private static Stopping woken(Stopping it) {
        return new Stopping(it.life(), it.place(), it.reason(), true, it.sinceMillis(), it.deadlineMillis());
    }
}
