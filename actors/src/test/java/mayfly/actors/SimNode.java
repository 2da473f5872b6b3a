package mayfly.actors;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.core.runnerpool.RunnerPool;

/** One life of a simulated node: a real engine on the world's time, which dies when it is told to and does nothing after. */
final class SimNode {
    /** Unwinds the node's thread. Neither an exception nor an error, so that nobody in the engine catches it. */
    static final class Died extends Throwable {
        private static final long serialVersionUID = 1;

        Died() {
            super("the node died", null, false, false);
        }
    }

    private final SimAgenda agenda;
    final Map<String, RunnerPool> pools = new HashMap<>();
    /** Told when the node dies. */
    final List<Runnable> mourners = new ArrayList<>();

    private boolean alive = true;
    private ActorEngine engine;

    SimNode(SimAgenda agenda) {
        this.agenda = agenda;
    }

    /** Comes up on what the disk has. */
    void start(SimDisk disk, EngineTimes times, Machinery.Deciders deciders, Machinery.Starters starters) {
        Timers timers = new SimTimers();
        Executor executor = task -> agenda.in(agenda.soon(3), guarded(task));
        Ids ids = Ids.seeded(agenda, agenda.random);
        Machinery machinery = new Machinery(timers, executor, agenda.random, deciders, starters, ProgramHost.NONE);
        engine = ActorEngine.start(disk, (Clock) agenda, ids, times, machinery);
    }

    ActorEngine engine() {
        return engine;
    }

    boolean isAlive() {
        return alive;
    }

    /** An action of the node, or on it: nothing happens when it is dead, or once it dies in it. */
    Runnable guarded(Runnable action) {
        return () -> run(action);
    }

    void run(Runnable action) {
        if (!alive) {
            return;
        }
        try {
            action.run();
        } catch (Throwable thrown) {
            if (!(thrown instanceof Died)) {
                throw SimNode.<RuntimeException>any(thrown);
            }
        }
    }

    void die() {
        if (alive) {
            alive = false;
            List.copyOf(mourners).forEach(Runnable::run);
        }
    }

    /** Dies in the middle of what it does. */
    void dieHere() {
        die();
        throw SimNode.<RuntimeException>any(new Died());
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"
    }) // the only way to throw it through code that does not declare it
    private static <T extends Throwable> T any(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private final class SimTimers implements Timers {
        @Override
        public long nowMillis() {
            return agenda.nowMillis();
        }

        @Override
        public Future<?> in(long millis, Runnable task) {
            CompletableFuture<Void> timer = new CompletableFuture<>();
            agenda.in(millis + agenda.soon(20), () -> {
                if (!timer.isCancelled()) {
                    run(task);
                }
            });
            return timer;
        }

        @Override
        public void close() {
            alive = false;
        }
    }
}
