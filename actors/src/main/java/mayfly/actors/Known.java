package mayfly.actors;

import java.time.Instant;
import java.util.Optional;
import mayfly.core.actor.Actor;
import mayfly.store.ActorRecord;
import org.jspecify.annotations.Nullable;

/** An actor as it was committed last: its record, and the state in it. */
record Known(ActorRecord record, Actor state) {
    static Known read(ActorRecord record) {
        return new Known(
                record, ActorStateCodec.read(record.state(), ActorStateCodec.crashPolicy(record.crashPolicy())));
    }

    /** Where requests go. */
    Optional<ActorPlace> place() {
        return state instanceof Actor.Running it
                ? Optional.of(new ActorPlace(
                        record.id(), it.place().generation(), it.place().runner()))
                : Optional.empty();
    }

    /** The next revision. */
    Known with(Actor next) {
        return at(next, record.revision() + 1);
    }

    /** The first revision, of an actor that is not durable yet. */
    Known beginning(Actor next) {
        return at(next, record.revision());
    }

    private Known at(Actor next, long revision) {
        return new Known(
                new ActorRecord(
                        record.id(),
                        record.namespace(),
                        record.name(),
                        record.key(),
                        record.pool(),
                        record.crashPolicy(),
                        record.createdAt(),
                        destroyedAt(next),
                        alarmAt(next),
                        isAwake(next),
                        ActorStateCodec.write(next),
                        revision),
                next);
    }

    static @Nullable Instant destroyedAt(Actor state) {
        return switch (state) {
            case Actor.Destroying it -> Instant.ofEpochMilli(it.sinceMillis());
            case Actor.Destroyed it -> Instant.ofEpochMilli(it.atMillis());
            case Actor.Sleeping _, Actor.Pending _, Actor.BackingOff _ -> null;
            case Actor.Starting _, Actor.Running _, Actor.Stopping _ -> null;
        };
    }

    /** Alarms fire in sleep only. */
    static @Nullable Instant alarmAt(Actor state) {
        return state instanceof Actor.Sleeping it && it.life().alarmMillis().isPresent()
                ? Instant.ofEpochMilli(it.life().alarmMillis().getAsLong())
                : null;
    }

    /** Whether a node that starts has to do something about it. */
    static boolean isAwake(Actor state) {
        return switch (state) {
            case Actor.Sleeping _ -> false;
            case Actor.Destroyed it -> !it.purged();
            case Actor.Pending _, Actor.BackingOff _, Actor.Placed _ -> true;
        };
    }

    ActorView view() {
        return new ActorView(
                record.id(),
                record.namespace(),
                record.name(),
                Optional.ofNullable(record.key()),
                record.pool(),
                record.createdAt(),
                state);
    }
}
