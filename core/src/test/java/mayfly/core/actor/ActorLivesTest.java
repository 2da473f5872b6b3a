package mayfly.core.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import mayfly.base.RunnerId;
import mayfly.core.Property;
import mayfly.core.Step;
import mayfly.core.actor.Actor.Destroyed;
import mayfly.core.actor.Actor.Pending;
import mayfly.core.actor.Actor.Placed;
import mayfly.core.actor.Actor.Sleeping;
import mayfly.core.actor.Actor.Stopping;
import mayfly.core.actor.ActorEffect.Ask;
import mayfly.core.actor.ActorEffect.Release;
import mayfly.core.actor.ActorEffect.SendStart;
import mayfly.core.actor.ActorEffect.TellStopped;
import mayfly.core.actor.ActorEvent.DestroyAsked;
import mayfly.core.actor.ActorEvent.GoingAway;
import mayfly.core.actor.ActorEvent.Granted;
import mayfly.core.actor.ActorEvent.Loss;
import mayfly.core.actor.ActorEvent.Lost;
import mayfly.core.actor.ActorEvent.News;
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
import org.junit.jupiter.api.Test;

/** Whatever an actor is told in whatever order, with stale news between; and each invariant shown to fail. */
class ActorLivesTest {
    private static final Actors ACTORS = ActorRows.ACTORS;
    private static final List<RunnerId> RUNNERS = List.of(ActorRows.R, ActorRows.OTHER);

    /** A watcher that sees effects only: every ask is released once, every generation starts once, on one runner. */
    @Test
    void everySlotGoesBackAndEveryGenerationStartsOnce() {
        Property.holds(3_000, draw -> {
            long now = 1_000;
            Watcher watcher = new Watcher();
            Step<Actor, ActorEffect> step = ACTORS.begin(draw.oneOf(CrashPolicy.values()), now);
            watcher.sees(step);
            for (int i = 0; i < 80; i++) {
                now += draw.oneOf(0, 1, 500, 3_000, 61_000);
                Actor actor = step.state();
                ActorEvent event = event(draw, actor, now);
                draw.tell(event + " to " + actor);
                step = ACTORS.step(actor, event);
                assertThat(ACTORS.step(actor, event)).as("the same again").isEqualTo(step);
                assertThat(step.effects().isEmpty() || !isStale(actor, event))
                        .as("stale news has no effect: " + step.effects())
                        .isTrue();
                if (isStale(actor, event)) {
                    assertThat(step.state()).isEqualTo(actor);
                }
                watcher.sees(step);
                watcher.agrees(step.state());
                wakeIsKept(actor, event, step);
            }
        });
    }

    /** Who called is served, or hears of an end after which it may call again. */
    private static void wakeIsKept(Actor before, ActorEvent event, Step<Actor, ActorEffect> step) {
        if (event instanceof Wake && !(before instanceof Destroyed) && !(before instanceof Actor.Destroying)) {
            boolean kept = !(step.state() instanceof Sleeping)
                    && (!(step.state() instanceof Stopping stopping) || stopping.wake());
            assertThat(kept).as("a wake is kept: " + step).isTrue();
        }
        if (step.state() instanceof Sleeping && !(before instanceof Sleeping)) {
            assertThat(step.effects())
                    .as("who waits hears that it sleeps")
                    .hasAtLeastOneElementOfType(TellStopped.class);
        }
    }

    private static boolean isStale(Actor actor, ActorEvent event) {
        return switch (event) {
            case Told e ->
                !(actor instanceof Placed it)
                        || !it.place().is(e.runner(), e.generation())
                        || e.index() <= it.place().lastEvent();
            case Lost e -> !(actor instanceof Placed it) || !it.place().is(e.runner(), e.generation());
            case GoingAway e -> !(actor instanceof Placed it) || !it.place().is(e.runner(), e.generation());
            case Granted e -> !(actor instanceof Pending it) || it.life().generation() != e.generation();
            case Refused e -> !(actor instanceof Pending it) || it.life().generation() != e.generation();
            case Wake _, Tick _, SleepAsked _, RescheduleAsked _, DestroyAsked _, Purged _ -> false;
        };
    }

    private static ActorEvent event(Property.Draw draw, Actor actor, long now) {
        long newest = actor.life().generation();
        long generation = draw.chance(80) ? newest : newest - draw.between(1, 2);
        RunnerId runner =
                actor instanceof Placed it && draw.chance(80) ? it.place().runner() : draw.oneOf(RUNNERS);
        long index = (actor instanceof Placed it ? it.place().lastEvent() : -1) + draw.between(0, 2);
        return switch (draw.between(0, 19)) {
            case 0, 1 -> new Wake(now);
            case 2 -> new Tick(now);
            case 3, 4, 5, 6 -> new Granted(generation, runner, now);
            case 7 -> draw.chance(20) ? new Refused(generation, now) : new Wake(now);
            case 8 -> new Lost(runner, generation, draw.oneOf(Loss.values()), now);
            case 9 -> new GoingAway(runner, generation, now);
            case 10 ->
                draw.oneOf(
                        new SleepAsked(now),
                        new RescheduleAsked(now),
                        new Purged(now),
                        draw.chance(10) ? new DestroyAsked(now) : new Wake(now));
            default -> new Told(runner, generation, index, news(draw, now), now);
        };
    }

    private static News news(Property.Draw draw, long now) {
        return draw.<News>oneOf(
                new Runs(),
                new Runs(),
                new Stopped(draw.chance(30), ""),
                new Stopped(false, "boom"),
                new WantsSleep(),
                draw.chance(30) ? new WantsEnd() : new WantsSleep(),
                new SetsAlarm(
                        draw.chance(30) ? OptionalLong.empty() : OptionalLong.of(now + draw.between(-500, 90_000))));
    }

    /** Believes only effects. */
    private static final class Watcher {
        private final Set<Long> held = new HashSet<>();
        private final Set<Long> asked = new HashSet<>();
        private final Map<Long, RunnerId> started = new HashMap<>();

        void sees(Step<Actor, ActorEffect> step) {
            for (ActorEffect effect : step.effects()) {
                switch (effect) {
                    case Ask(var generation, var _) -> {
                        assertThat(asked.add(generation)).as("asked for once").isTrue();
                        held.add(generation);
                    }
                    case Release(var generation) ->
                        assertThat(held.remove(generation))
                                .as("held when released")
                                .isTrue();
                    case SendStart(var runner, var generation) ->
                        assertThat(started.put(generation, runner))
                                .as("started once")
                                .isNull();
                    case ActorEffect.SendStop(var runner, var generation) ->
                        assertThat(started.get(generation))
                                .as("stopped where it was started")
                                .isEqualTo(runner);
                    case ActorEffect.TellReady(var place) ->
                        assertThat(started.get(place.generation())).isEqualTo(place.runner());
                    case TellStopped _, ActorEffect.TellDestroyed _, ActorEffect.Purge _ -> {}
                    case ActorEffect.Occupy _ -> throw new AssertionError("only after a restart");
                }
            }
        }

        void agrees(Actor actor) {
            boolean holds = actor instanceof Pending || actor instanceof Placed;
            assertThat(held).hasSize(holds ? 1 : 0);
            if (actor instanceof Placed placed) {
                assertThat(started)
                        .containsEntry(
                                placed.place().generation(), placed.place().runner());
            }
        }
    }

    @Test
    void theInvariantsAreChecked() {
        Actor running = ActorRows.running(CrashPolicy.RESTART);
        Actor asleep = new Sleeping(ActorRows.life(CrashPolicy.RESTART), 0);
        Actor over = new Destroyed(ActorRows.life(CrashPolicy.RESTART), 0, false);
        Life before = new Life(
                CrashPolicy.RESTART, 2, OptionalLong.empty(), OptionalLong.empty(), Retry.NONE, Optional.empty());
        Actor elsewhere =
                new Actor.Running(ActorRows.life(CrashPolicy.RESTART), new Place(ActorRows.OTHER, 3, 0), 1_000);
        Actor starting = ActorRows.starting(CrashPolicy.RESTART);
        Actor pending = new Pending(ActorRows.life(CrashPolicy.RESTART), 0, OptionalLong.empty());
        says("A1", asleep, Step.stay(new Sleeping(before, 0)));
        says("A2", over, Step.stay(asleep));
        says("A3", running, Step.stay(elsewhere));
        says("A4", running, Step.stay(asleep));
        says("A4", asleep, Step.stay(pending));
        says("A4", running, Step.with(running, new Release(3)));
        says("A5", pending, Step.stay(starting));
        says("A5", running, Step.with(running, new SendStart(ActorRows.R, 3)));
    }

    private static void says(String invariant, Actor before, Step<Actor, ActorEffect> step) {
        assertThatThrownBy(() -> ActorInvariants.hold(before, new Tick(1), step))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith(invariant);
    }
}
