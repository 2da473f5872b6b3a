package mayfly.actors;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.base.RunnerId;
import mayfly.core.actor.Actor;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.actor.Failure;
import mayfly.core.actor.Life;
import mayfly.core.actor.Place;
import mayfly.core.actor.Retry;

/** The state of an actor as text, for its record: a flat JSON object that later versions may add to. */
final class ActorStateCodec {
    private ActorStateCodec() {}

    /** Public, as {@link FailureKind} and {@link Stored}, for the JSON codec, which reads them by reflection. */
    public enum Kind {
        SLEEPING,
        PENDING,
        BACKING_OFF,
        STARTING,
        RUNNING,
        STOPPING,
        DESTROYING,
        DESTROYED
    }

    /** The kinds of failures. */
    public enum FailureKind {
        CRASHED,
        NO_RESPONSE,
        CONNECTION_LOST,
        DRAINING_TIMEOUT,
        NO_CAPACITY
    }

    /** All that any state has; {@code flag} is a stopping actor's wake and a destroyed one's purge. */
    public record Stored(
            Kind state,
            long generation,
            Optional<Long> alarm,
            Optional<Long> started,
            int failures,
            long failedAt,
            Optional<FailureKind> failure,
            Optional<String> failureDetail,
            Optional<String> runner,
            Optional<Long> placed,
            Optional<Long> lastEvent,
            long since,
            Optional<Long> due,
            Optional<Actor.Reason> reason,
            boolean flag) {}

    static String write(Actor actor) {
        return new String(Json.write(stored(actor)), StandardCharsets.UTF_8);
    }

    /** @throws AssertionError the text is not one that was written here */
    static Actor read(String text, CrashPolicy crashPolicy) {
        try {
            Stored it = Json.readAnswer(text.getBytes(StandardCharsets.UTF_8), Stored.class);
            return actor(it, life(it, crashPolicy));
        } catch (InvalidException e) {
            throw new AssertionError("the state of an actor cannot be read: " + text, e);
        }
    }

    private static Stored stored(Actor actor) {
        return switch (actor) {
            case Actor.Sleeping it -> plain(Kind.SLEEPING, it, it.sinceMillis(), OptionalLong.empty());
            case Actor.Pending it -> plain(Kind.PENDING, it, it.sinceMillis(), it.deadlineMillis());
            case Actor.BackingOff it ->
                plain(Kind.BACKING_OFF, it, it.sinceMillis(), OptionalLong.of(it.untilMillis()));
            case Actor.Starting it -> stored(Kind.STARTING, it, 0, of(it.deadlineMillis()), Optional.empty(), false);
            case Actor.Running it ->
                stored(Kind.RUNNING, it, it.sinceMillis(), Optional.empty(), Optional.empty(), false);
            case Actor.Stopping it ->
                stored(
                        Kind.STOPPING,
                        it,
                        it.sinceMillis(),
                        of(it.deadlineMillis()),
                        Optional.of(it.reason()),
                        it.wake());
            case Actor.Destroying it ->
                stored(Kind.DESTROYING, it, it.sinceMillis(), of(it.deadlineMillis()), Optional.empty(), false);
            case Actor.Destroyed it ->
                stored(Kind.DESTROYED, it, it.atMillis(), Optional.empty(), Optional.empty(), it.purged());
        };
    }

    private static Stored plain(Kind kind, Actor actor, long since, OptionalLong due) {
        return stored(kind, actor, since, boxed(due), Optional.empty(), false);
    }

    private static Stored stored(
            Kind kind, Actor actor, long since, Optional<Long> due, Optional<Actor.Reason> reason, boolean flag) {
        Life life = actor.life();
        Optional<Place> place = actor instanceof Actor.Placed placed ? Optional.of(placed.place()) : Optional.empty();
        return new Stored(
                kind,
                life.generation(),
                boxed(life.alarmMillis()),
                boxed(life.startedMillis()),
                life.retry().failures(),
                life.retry().lastMillis(),
                life.failure().map(ActorStateCodec::kind),
                life.failure().flatMap(ActorStateCodec::detail),
                place.map(it -> it.runner().value()),
                place.map(Place::generation),
                place.map(Place::lastEvent),
                since,
                due,
                reason,
                flag);
    }

    private static Life life(Stored it, CrashPolicy crashPolicy) {
        return new Life(
                crashPolicy,
                it.generation(),
                unboxed(it.alarm()),
                unboxed(it.started()),
                new Retry(it.failures(), it.failedAt()),
                it.failure().map(kind -> failure(kind, it.failureDetail().orElse(""))));
    }

    private static Actor actor(Stored it, Life life) {
        return switch (it.state()) {
            case SLEEPING -> new Actor.Sleeping(life, it.since());
            case PENDING -> new Actor.Pending(life, it.since(), unboxed(it.due()));
            case BACKING_OFF -> new Actor.BackingOff(life, it.since(), it.due().orElseThrow());
            case STARTING -> new Actor.Starting(life, place(it), it.due().orElseThrow());
            case RUNNING -> new Actor.Running(life, place(it), it.since());
            case STOPPING ->
                new Actor.Stopping(
                        life,
                        place(it),
                        it.reason().orElseThrow(),
                        it.flag(),
                        it.since(),
                        it.due().orElseThrow());
            case DESTROYING ->
                new Actor.Destroying(life, place(it), it.since(), it.due().orElseThrow());
            case DESTROYED -> new Actor.Destroyed(life, it.since(), it.flag());
        };
    }

    private static Place place(Stored it) {
        return new Place(
                new RunnerId(it.runner().orElseThrow()),
                it.placed().orElseThrow(),
                it.lastEvent().orElseThrow());
    }

    private static FailureKind kind(Failure failure) {
        return switch (failure) {
            case Failure.Crashed _ -> FailureKind.CRASHED;
            case Failure.NoResponse _ -> FailureKind.NO_RESPONSE;
            case Failure.ConnectionLost _ -> FailureKind.CONNECTION_LOST;
            case Failure.DrainingTimeout _ -> FailureKind.DRAINING_TIMEOUT;
            case Failure.NoCapacity _ -> FailureKind.NO_CAPACITY;
        };
    }

    private static Optional<String> detail(Failure failure) {
        return switch (failure) {
            case Failure.Crashed(var message) -> Optional.of(message);
            case Failure.NoResponse(var runner) -> Optional.of(runner.value());
            case Failure.ConnectionLost(var runner) -> Optional.of(runner.value());
            case Failure.DrainingTimeout(var runner) -> Optional.of(runner.value());
            case Failure.NoCapacity _ -> Optional.empty();
        };
    }

    private static Failure failure(FailureKind kind, String detail) {
        return switch (kind) {
            case CRASHED -> new Failure.Crashed(detail);
            case NO_RESPONSE -> new Failure.NoResponse(new RunnerId(detail));
            case CONNECTION_LOST -> new Failure.ConnectionLost(new RunnerId(detail));
            case DRAINING_TIMEOUT -> new Failure.DrainingTimeout(new RunnerId(detail));
            case NO_CAPACITY -> new Failure.NoCapacity();
        };
    }

    /** The record's word; throws IllegalArgumentException for another. */
    static CrashPolicy crashPolicy(String word) {
        return CrashPolicy.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static Optional<Long> of(long value) {
        return Optional.of(value);
    }

    private static Optional<Long> boxed(OptionalLong value) {
        return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
    }

    private static OptionalLong unboxed(Optional<Long> value) {
        return value.isPresent() ? OptionalLong.of(value.get()) : OptionalLong.empty();
    }
}
