package mayfly.runner;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.runner.protocol.Event;
import org.jspecify.annotations.Nullable;

/**
 * The alarm of one actor. The engine only wakes actors that sleep, so an actor that is awake is told from here; that an
 * alarm rang is known when {@link Actor#onAlarm} has returned, so it rings at least once.
 */
final class AlarmClock {
    private final Kv kv;
    private final Mailbox mailbox;
    private final Outbox outbox;
    private final EventLog log;

    // Guards all below.
    private final Object lock = new Object();
    private Optional<Instant> alarm = Optional.empty();
    private @Nullable Thread waiting;

    AlarmClock(Kv kv, Mailbox mailbox, Outbox outbox, EventLog log) {
        this.kv = kv;
        this.mailbox = mailbox;
        this.outbox = outbox;
        this.log = log;
    }

    Optional<Instant> alarm() {
        synchronized (lock) {
            return alarm;
        }
    }

    void set(Instant at, Actor actor) throws IOException {
        kv.putOwn(List.of(OwnKeys.alarm(at.toEpochMilli())));
        outbox.event(log, new Event.SetAlarm(OptionalLong.of(at.toEpochMilli())));
        arm(at, actor);
    }

    void clear() throws IOException {
        disarm();
        kv.deleteOwn(List.of(OwnKeys.alarmKey()));
        outbox.event(log, new Event.SetAlarm(OptionalLong.empty()));
    }

    /** As it was stored. */
    void arm(Instant at, Actor actor) {
        synchronized (lock) {
            disarm();
            alarm = Optional.of(at);
            waiting = Thread.ofVirtual().name("mayfly-runner-alarm").start(() -> await(at, actor));
        }
    }

    private void await(Instant at, Actor actor) {
        try {
            Thread.sleep(Duration.between(Instant.now(), at));
            mailbox.offer(() -> ring(at, actor));
        } catch (InterruptedException e) {
            // Another alarm was set, or the actor stops.
        }
    }

    private void ring(Instant at, Actor actor) throws Exception {
        synchronized (lock) {
            if (!alarm.equals(Optional.of(at))) {
                return;
            }
            alarm = Optional.empty();
        }
        actor.onAlarm();
        if (alarm().isEmpty()) {
            clear();
        }
    }

    void disarm() {
        synchronized (lock) {
            alarm = Optional.empty();
            if (waiting != null) {
                waiting.interrupt();
                waiting = null;
            }
        }
    }
}
