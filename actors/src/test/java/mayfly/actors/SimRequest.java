package mayfly.actors;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.core.Step;
import mayfly.core.request.Request;
import mayfly.core.request.RequestEffect;
import mayfly.core.request.RequestEvent;
import mayfly.core.request.RequestFailure;
import mayfly.core.request.RequestTimes;
import mayfly.core.request.Requests;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/** A request to an actor, held by the real decider as the gateway does it. It dies with its node. */
final class SimRequest implements ActorListener {
    private static final Requests REQUESTS = new Requests(RequestTimes.HTTP);

    final ActorId actor;
    final long begunMillis;
    private final SimAgenda agenda;
    private final SimNode node;
    private final boolean ticks;
    private final Deque<RequestEvent> events = new ArrayDeque<>();
    private Request state;
    private @Nullable ActorWatch watch;
    private @Nullable Tunnel tunnel;
    private @Nullable RequestFailure failure;
    private boolean diedWithNode;
    private boolean pumping;
    long asleepSinceMillis = Long.MAX_VALUE;

    SimRequest(SimAgenda agenda, SimNode node, ActorId actor, boolean ticks) {
        this.ticks = ticks;
        this.agenda = agenda;
        this.node = node;
        this.actor = actor;
        this.begunMillis = agenda.nowMillis();
        this.state = REQUESTS.begin().state();
    }

    void begin() {
        node.mourners.add(() -> diedWithNode = !isOver());
        node.run(() -> {
            watch = node.engine().watch(actor, this).orElse(null);
            REQUESTS.begin().effects().forEach(this::run);
            pump();
        });
    }

    boolean isOver() {
        return diedWithNode || state instanceof Request.Ended;
    }

    boolean isAnswered() {
        return state instanceof Request.Ended(var end) && end == Request.End.ANSWERED;
    }

    boolean isWaiting() {
        return !diedWithNode && state instanceof Request.Waiting;
    }

    Optional<RequestFailure> failure() {
        return Optional.ofNullable(failure);
    }

    boolean diedWithNode() {
        return diedWithNode;
    }

    // ---- its own loop

    private void tell(RequestEvent event) {
        events.add(event);
        if (!pumping) {
            pumping = true;
            agenda.in(agenda.soon(3), () -> node.run(this::pump));
        }
    }

    private void pump() {
        pumping = true;
        while (!events.isEmpty()) {
            Step<Request, RequestEffect> step = REQUESTS.step(state, events.remove());
            long before = state.dueMillis();
            state = step.state();
            step.effects().forEach(this::run);
            if (ticks && state.dueMillis() != before && state.dueMillis() != Request.NEVER) {
                long at = state.dueMillis();
                agenda.in(at - agenda.nowMillis(), () -> node.run(() -> tell(new RequestEvent.Tick(now()))));
            }
        }
        pumping = false;
        if (state instanceof Request.Ended && watch != null) {
            watch.close();
            watch = null;
        }
    }

    private long now() {
        return agenda.nowMillis();
    }

    private void run(RequestEffect effect) {
        switch (effect) {
            case RequestEffect.Look _ -> events.add(look());
            case RequestEffect.Wake _ -> {
                if (watch != null) {
                    watch.wake();
                }
            }
            case RequestEffect.LookAtPool _ ->
                events.add(new RequestEvent.PoolLooked(
                        watch != null && watch.poolError().isPresent()));
            case RequestEffect.Send(var generation) -> send(generation);
            case RequestEffect.Abort _ -> {
                if (tunnel != null) {
                    tunnel.send(new ToClientKind.RequestAbort());
                }
                forget();
            }
            case RequestEffect.Forget _ -> forget();
            case RequestEffect.Fail(var why) -> failure = why;
            case RequestEffect.Cut _ -> {}
        }
    }

    private RequestEvent look() {
        if (watch == null || watch.isDestroyed()) {
            return new RequestEvent.Absent();
        }
        boolean ending = watch.isEnding();
        return watch.place()
                .<RequestEvent>map(place -> new RequestEvent.Here(place.generation(), now()))
                .orElseGet(() -> ending ? new RequestEvent.Ending(now()) : new RequestEvent.NotReady(now()));
    }

    private void send(long generation) {
        Optional<ActorPlace> place = watch == null ? Optional.empty() : watch.place();
        Optional<Tunnel> opened = place.filter(it -> it.generation() == generation)
                .flatMap(it -> node.engine().tunnel(it, new Answer(generation)));
        if (opened.isEmpty()) {
            events.add(new RequestEvent.Missed(generation, now()));
            return;
        }
        tunnel = opened.get();
        tunnel.send(new ToClientKind.RequestStart(actor.value(), "GET", "/", Map.of(), Optional.empty(), false));
    }

    private void forget() {
        if (tunnel != null) {
            tunnel.close();
            tunnel = null;
        }
    }

    // ---- what it hears

    @Override
    public void ready(ActorPlace place) {
        tell(new RequestEvent.Ready(place.generation(), now()));
    }

    @Override
    public void stopped(long generation) {
        tell(new RequestEvent.Stopped(generation, now()));
    }

    @Override
    public void destroyed() {
        tell(new RequestEvent.Destroyed());
    }

    private final class Answer implements TunnelListener {
        private final long generation;

        Answer(long generation) {
            this.generation = generation;
        }

        @Override
        public void message(ToServerKind message, int index) {
            switch (message) {
                case ToServerKind.ResponseStart _ -> tell(new RequestEvent.Answered(true));
                case ToServerKind.ResponseAbort _ -> tell(new RequestEvent.Aborted(now()));
                case ToServerKind.ResponseChunk _, ToServerKind.WebSocketOpen _, ToServerKind.WebSocketMessage _ -> {}
                case ToServerKind.WebSocketMessageAck _, ToServerKind.WebSocketClose _ -> {}
            }
        }

        @Override
        public void gone() {
            tell(new RequestEvent.Stopped(generation, now()));
        }
    }

    @Override
    public String toString() {
        return "request to " + actor.value().substring(20) + " of " + (begunMillis - SimAgenda.BEGIN) + ": " + state
                + " " + failure;
    }
}
