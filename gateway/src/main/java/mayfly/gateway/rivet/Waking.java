package mayfly.gateway.rivet;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import mayfly.actors.ActorPlace;
import mayfly.actors.ActorWatch;
import mayfly.core.Step;
import mayfly.core.request.Request;
import mayfly.core.request.RequestEffect;
import mayfly.core.request.RequestEvent;
import mayfly.core.request.Requests;
import org.jspecify.annotations.Nullable;

/**
 * How a sleeping actor is woken for a socket that it left: {@link Requests} decide as about a request, whose answer is that
 * the socket goes on. Kept by the one writer of its socket.
 */
final class Waking {
    private final Requests decider;
    private final Predicate<ActorPlace> resume;
    private final Consumer<GuardError> fail;

    private @Nullable ActorWatch watch;
    /** The newest generation that the socket was at. */
    private long left;
    /** Null while nobody wants the actor awake. */
    private @Nullable Request state;

    private @Nullable ActorPlace place;

    /**
     * @param resume lets the socket go on at a place; false when the actor has left that already
     * @param fail ends the socket
     */
    Waking(Requests decider, Predicate<ActorPlace> resume, Consumer<GuardError> fail) {
        this.decider = decider;
        this.resume = resume;
        this.fail = fail;
    }

    /** The actor left this generation's place. True when the socket went on at a later one, or ended, at once. */
    boolean left(ActorWatch its, long generation) {
        watch = its;
        left = generation;
        if (its.isDestroyed()) {
            return false;
        }
        return its.place().map(this::isLater).orElse(false) && ready(its.place().orElseThrow());
    }

    private boolean isLater(ActorPlace at) {
        return at.generation() > left;
    }

    boolean isUnderWay() {
        return state != null;
    }

    void begin() {
        if (state == null) {
            apply(decider.begin());
        }
    }

    /** The actor can be reached; true when the socket went on there. */
    boolean ready(ActorPlace at) {
        if (!isLater(at)) {
            return false;
        }
        place = at;
        if (state == null) {
            return resume.test(at);
        }
        feed(new RequestEvent.Ready(at.generation(), RequestShell.now()));
        return true;
    }

    void stopped(long generation) {
        feed(new RequestEvent.Stopped(generation, RequestShell.now()));
    }

    void tick() {
        if (state != null && RequestShell.now() >= state.dueMillis()) {
            feed(new RequestEvent.Tick(RequestShell.now()));
        }
    }

    void end() {
        state = null;
    }

    private void feed(RequestEvent event) {
        if (state != null) {
            apply(decider.step(state, event));
        }
    }

    private void apply(Step<Request, RequestEffect> step) {
        state = step.state() instanceof Request.Ended ? null : step.state();
        step.effects().forEach(this::run);
    }

    private void run(RequestEffect effect) {
        ActorWatch its = Objects.requireNonNull(watch);
        switch (effect) {
            case RequestEffect.Look _ -> look(its);
            case RequestEffect.Wake _ -> its.wake();
            case RequestEffect.LookAtPool _ ->
                feed(new RequestEvent.PoolLooked(its.poolError().isPresent()));
            case RequestEffect.Send(var generation) -> {
                boolean there = place != null && place.generation() == generation && resume.test(place);
                feed(there ? new RequestEvent.Answered(true) : new RequestEvent.Missed(generation, RequestShell.now()));
            }
            case RequestEffect.Fail(var failure) -> fail.accept(GuardError.of(failure));
            case RequestEffect.Abort _, RequestEffect.Forget _, RequestEffect.Cut _ -> {} // nothing of it is elsewhere
        }
    }

    private void look(ActorWatch its) {
        place = its.place().filter(this::isLater).orElse(null);
        if (its.isDestroyed()) {
            feed(new RequestEvent.Absent());
        } else if (place != null) {
            feed(new RequestEvent.Here(place.generation(), RequestShell.now()));
        } else {
            feed(new RequestEvent.NotReady(RequestShell.now()));
        }
    }
}
