package mayfly.runner;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.runner.protocol.ActorConfig;
import mayfly.runner.protocol.ActorIntent;
import mayfly.runner.protocol.Event;
import org.jspecify.annotations.Nullable;

/** What an actor knows of itself, and what it can ask for. May be used by any thread. */
public final class ActorContext {
    private final String id;
    private final int generation;
    private final ActorConfig config;
    private final Kv kv;
    private final Mailbox mailbox;
    private final Outbox outbox;
    private final EventLog log;
    private final AlarmClock clock;
    private final AtomicBoolean sleepAsked = new AtomicBoolean();
    private final AtomicBoolean destroyAsked = new AtomicBoolean();
    private volatile Optional<byte[]> state = Optional.empty();
    private volatile @Nullable Actor actor;

    ActorContext(
            String id,
            int generation,
            ActorConfig config,
            Kv kv,
            Mailbox mailbox,
            Outbox outbox,
            EventLog log,
            AlarmClock clock) {
        this.id = id;
        this.generation = generation;
        this.config = config;
        this.kv = kv;
        this.mailbox = mailbox;
        this.outbox = outbox;
        this.log = log;
        this.clock = clock;
    }

    /** As the engine calls it. */
    public String id() {
        return id;
    }

    /** What kind of actor it is. */
    public String name() {
        return config.name();
    }

    /** What its creator called it, parts joined by slashes. */
    public Optional<String> key() {
        return config.key();
    }

    /** What its creator gave it. */
    public Optional<byte[]> input() {
        return config.input();
    }

    /** How often it was placed on a runner before. */
    public int generation() {
        return generation;
    }

    /** Its durable store. */
    public Kv kv() {
        return kv;
    }

    /** What was saved last. */
    public Optional<byte[]> state() {
        return state.map(byte[]::clone);
    }

    /** Saves the actor's state; when this returns, it is on disk. For more than fits there is {@link #kv}. */
    public void save(byte[] newState) throws IOException {
        if (newState.length > RunnerLimits.VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a state of " + newState.length + " bytes, over the limit of " + RunnerLimits.VALUE_BYTES_MAX);
        }
        byte[] copy = newState.clone();
        kv.putOwn(List.of(OwnKeys.state(copy)));
        state = Optional.of(copy);
    }

    /** Asks to sleep: the actor is stopped, and started again when a request, a message or its alarm comes. */
    public void sleep() {
        if (!sleepAsked.getAndSet(true)) {
            outbox.event(log, new Event.Intent(ActorIntent.SLEEP));
        }
    }

    /** Asks to end for good: the actor is stopped, and its store goes. */
    public void destroy() {
        if (!destroyAsked.getAndSet(true)) {
            outbox.event(log, new Event.Intent(ActorIntent.STOP));
        }
    }

    /** Sets the one alarm, instead of any other: {@link Actor#onAlarm} is called then, and the actor woken if it sleeps. */
    public void setAlarm(Instant at) throws IOException {
        Actor instance = actor;
        if (instance == null) {
            throw new IllegalStateException(
                    "an actor that is being made has no alarm yet: set it in onStart or onWake");
        }
        clock.set(at, instance);
    }

    /** Sets no alarm. */
    public void clearAlarm() throws IOException {
        clock.clear();
    }

    /** The time of the alarm, if one is set. */
    public Optional<Instant> alarm() {
        return clock.alarm();
    }

    /** Has something run on the actor's thread, after what waits for it; false when the actor stops before. */
    public boolean post(Runnable event) {
        return mailbox.offer(event::run);
    }

    /** As it was stored. */
    void begin(Optional<byte[]> stored) {
        state = stored;
    }

    void made(Actor instance) {
        actor = instance;
    }
}
