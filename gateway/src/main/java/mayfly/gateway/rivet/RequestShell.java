package mayfly.gateway.rivet;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorListener;
import mayfly.actors.ActorPlace;
import mayfly.actors.ActorWatch;
import mayfly.actors.Tunnel;
import mayfly.base.ActorId;
import mayfly.core.Step;
import mayfly.core.request.Request;
import mayfly.core.request.RequestEffect;
import mayfly.core.request.RequestEvent;
import mayfly.core.request.RequestFailure;
import mayfly.core.request.Requests;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/**
 * One request to an actor on its own virtual thread, which alone keeps its state: receives news, lets
 * {@link Requests} decide, acts. Blocks that thread only; what comes from elsewhere goes through its inbox.
 */
abstract class RequestShell implements ActorListener {
    private final ActorEngine engine;
    private final Room room;
    private final Requests decider;
    private final ActorId actor;
    final Inbox<Signal> inbox = new Inbox<>(Thread.currentThread());

    private Request state = new Request.Looking(1);
    private @Nullable ActorWatch watch;
    private @Nullable ActorPlace place;
    private @Nullable Attempt attempt;
    /** The newest, which may be over; what it counted is still in use. */
    private @Nullable Attempt last;

    RequestShell(ActorEngine engine, Room room, Requests decider, ActorId actor) {
        this.engine = engine;
        this.room = room;
        this.decider = decider;
        this.actor = actor;
    }

    /** What the runner is sent first. */
    abstract ToClientKind opening();

    /** What the runner is told when nobody waits any more. */
    abstract ToClientKind withdrawal();

    /** How long an answer is waited for that may be lost: sending it again may do it twice. */
    abstract long patienceMillis();

    /** Something that the current attempt's runner says. */
    abstract void said(ToServerKind message) throws IOException;

    /** What the runner says is more than there is memory for. */
    abstract void overflowed() throws IOException;

    abstract void failed(RequestFailure failure) throws IOException;

    /** The answer that has begun cannot be completed. Any thread. */
    abstract void cut();

    // ---- the loop

    /** To its end, or until somebody else goes on with it. */
    void run() throws IOException {
        Optional<ActorWatch> found = engine.watch(actor, this);
        if (found.isEmpty()) {
            failed(RequestFailure.NO_ACTOR);
            return;
        }
        watch = found.get();
        try {
            apply(decider.begin());
            while (!isOver(state)) {
                await();
            }
        } finally {
            if (isLeft()) {
                end();
            }
        }
    }

    boolean isOver(Request request) {
        return request instanceof Request.Ended;
    }

    /** Whether nobody else goes on with it. */
    boolean isLeft() {
        return true;
    }

    private void end() {
        if (attempt != null) { // left by an exception
            attempt.tunnel().send(withdrawal());
            attempt.tunnel().close();
        }
        if (last != null) {
            last.release();
        }
        watch().close();
    }

    private void await() throws IOException {
        long due = state.dueMillis();
        Signal signal;
        try {
            signal = inbox.take(
                    due == Request.NEVER ? System.nanoTime() + Long.MAX_VALUE / 2 : TimeUnit.MILLISECONDS.toNanos(due));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted while an actor was waited for").initCause(e);
        }
        switch (signal) {
            case null -> feed(new RequestEvent.Tick(now()));
            case Signal.Happened(var event) -> feed(event);
            case Signal.Said(var from, var message) -> {
                if (from == attempt) {
                    said(message);
                }
            }
            case Signal.Overflowed(var from) -> {
                if (from == attempt) {
                    overflowed();
                }
            }
            case Signal.Reconnected(var from) -> {
                if (from == attempt) {
                    feed(new RequestEvent.Reconnected(patienceMillis(), now()));
                }
            }
            case Signal.Gone(var from) -> {
                if (from == attempt) {
                    feed(new RequestEvent.Stopped(from.tunnel().place().generation(), now()));
                }
            }
        }
    }

    /** Milliseconds of no particular beginning, as {@link System#nanoTime} counts them. */
    static long now() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    Request state() {
        return state;
    }

    @Nullable
    Attempt attempt() {
        return attempt;
    }

    ActorWatch watch() {
        return Objects.requireNonNull(watch);
    }

    void feed(RequestEvent event) throws IOException {
        apply(decider.step(state, event));
    }

    private void apply(Step<Request, RequestEffect> step) throws IOException {
        state = step.state();
        List<RequestEffect> effects = step.effects();
        for (int i = 0; i < effects.size(); i++) {
            run(effects.get(i));
        }
    }

    private void run(RequestEffect effect) throws IOException {
        switch (effect) {
            case RequestEffect.Look _ -> look();
            case RequestEffect.Wake _ -> watch().wake();
            case RequestEffect.LookAtPool _ ->
                feed(new RequestEvent.PoolLooked(watch().poolError().isPresent()));
            case RequestEffect.Send(var generation) -> send(generation);
            case RequestEffect.Abort _ -> {
                if (attempt != null) {
                    attempt.tunnel().send(withdrawal());
                }
                forget();
            }
            case RequestEffect.Forget _ -> forget();
            case RequestEffect.Fail(var failure) -> failed(failure);
            case RequestEffect.Cut _ -> cut();
        }
    }

    private void look() throws IOException {
        if (watch().isDestroyed()) {
            feed(new RequestEvent.Absent());
            return;
        }
        boolean ending = watch().isEnding(); // before the place: that is empty once it is true
        place = watch().place().orElse(null);
        if (place != null) {
            feed(new RequestEvent.Here(place.generation(), now()));
        } else {
            feed(ending ? new RequestEvent.Ending(now()) : new RequestEvent.NotReady(now()));
        }
    }

    private void send(long generation) throws IOException {
        if (last != null) {
            last.release();
        }
        Attempt next = new Attempt(inbox, room, this::cut);
        ActorPlace at = place != null && place.generation() == generation
                ? place
                : watch().place().orElse(null);
        Optional<Tunnel> tunnel = at == null ? Optional.empty() : engine.tunnel(at, next);
        if (tunnel.isEmpty()) {
            feed(new RequestEvent.Missed(generation, now()));
            return;
        }
        next.begin(tunnel.get());
        attempt = next;
        last = next;
        tunnel.get().send(opening());
    }

    private void forget() {
        if (attempt != null) {
            attempt.tunnel().close();
            attempt = null;
        }
    }

    // ---- news of the actor: any thread

    @Override
    public void ready(ActorPlace at) {
        inbox.put(new Signal.Happened(new RequestEvent.Ready(at.generation(), now())));
    }

    @Override
    public void stopped(long generation) {
        inbox.put(new Signal.Happened(new RequestEvent.Stopped(generation, now())));
    }

    @Override
    public void destroyed() {
        inbox.put(new Signal.Happened(new RequestEvent.Destroyed()));
    }
}
