package mayfly.actors;

import java.util.Optional;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorEvent;
import mayfly.core.runnerpool.PoolError;

/** Somebody's look at one actor, which keeps it in memory until it is closed. Any thread. */
public final class ActorWatch implements AutoCloseable {
    private final ActorShell shell;
    private final ActorShells shells;
    private final ActorListener listener;

    ActorWatch(ActorShell shell, ActorShells shells, ActorListener listener) {
        this.shell = shell;
        this.shells = shells;
        this.listener = listener;
    }

    ActorListener listener() {
        return listener;
    }

    /** Where requests can be sent now; cheap and without a lock. */
    public Optional<ActorPlace> place() {
        return shell.place();
    }

    /** What is known of it now. */
    public ActorView view() {
        return shell.known().view();
    }

    /** Whether it is gone for good, or about to be. */
    public boolean isDestroyed() {
        return Known.destroyedAt(shell.known().state()) != null;
    }

    /** Whether it has said that it ends for good, which it has yet to do. */
    public boolean isEnding() {
        return shell.isEnding();
    }

    /** Wants it to run: the listener hears of it once it does. Also tells an absent runner that somebody waits for it. */
    public void wake() {
        shell.tell(new ActorEvent.Wake(shells.timers().nowMillis()));
        if (shell.known().state() instanceof Actor.Placed placed) {
            shells.runner(placed.place().runner()).ifPresent(RunnerShell::wanted);
        }
    }

    /** Why its pool gets no runners, while it waits for one; empty when it does not wait or all is well. */
    public Optional<PoolError> poolError() {
        return shell.known().state() instanceof Actor.Pending
                ? shells.pool(shell.known().record()).error()
                : Optional.empty();
    }

    @Override
    public void close() {
        shell.detach(this);
    }
}
