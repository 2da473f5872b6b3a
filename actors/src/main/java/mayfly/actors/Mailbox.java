package mayfly.actors;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The one writer of a state: gathers events and hands them over in batches, never two at once, in the order in which they
 * were told. Runs on the executor when there is something to do, and costs no thread otherwise.
 */
final class Mailbox<E> {
    private final Executor executor;
    private final Consumer<List<E>> handler;

    // order: an innermost lock; only the condition of retireIf runs under it. Guards everything below.
    private final Object lock = new Object();
    private List<E> waiting = new ArrayList<>(2);
    private boolean running;
    private boolean retired;

    Mailbox(Executor executor, Consumer<List<E>> handler) {
        this.executor = executor;
        this.handler = handler;
    }

    /** False when nobody reads it any more. */
    boolean tell(E event) {
        synchronized (lock) {
            if (retired) {
                return false;
            }
            waiting.add(event);
            if (running) {
                return true;
            }
            running = true;
        }
        executor.execute(this::run);
        return true;
    }

    /** Runs the handler once with whatever waits, be it nothing. */
    void poke() {
        synchronized (lock) {
            if (retired || running) {
                return;
            }
            running = true;
        }
        executor.execute(this::runOnce);
    }

    /** As {@link #poke}, by the calling thread; what is told meanwhile is left to the executor. */
    void pokeHere() {
        synchronized (lock) {
            if (retired || running) {
                return;
            }
            running = true;
        }
        handle(List.of());
        synchronized (lock) {
            if (waiting.isEmpty()) {
                running = false;
                return;
            }
        }
        executor.execute(this::run);
    }

    /** Runs the action unless nobody reads any more, which does not begin meanwhile. */
    boolean ifOpen(Runnable action) {
        synchronized (lock) {
            if (!retired) {
                action.run();
            }
            return !retired;
        }
    }

    /** From the handler: what was told since its batch began. */
    List<E> takeMore() {
        synchronized (lock) {
            List<E> more = waiting;
            waiting = new ArrayList<>(2);
            return more;
        }
    }

    /** From the handler: ends the reading for good if nothing waits and the condition holds. */
    boolean retireIf(BooleanSupplier condition) {
        synchronized (lock) {
            retired = retired || (waiting.isEmpty() && condition.getAsBoolean());
            return retired;
        }
    }

    /** Ends the reading for good; what waits is dropped. */
    void retire() {
        synchronized (lock) {
            retired = true;
            waiting = new ArrayList<>(0);
        }
    }

    private void runOnce() {
        handle(List.of());
        run();
    }

    private void run() {
        while (true) {
            List<E> batch;
            synchronized (lock) {
                if (waiting.isEmpty()) {
                    running = false;
                    return;
                }
                batch = waiting;
                waiting = new ArrayList<>(2);
            }
            handle(batch);
        }
    }

    /** A handler that fails has broken an invariant: its entity is not trusted any more. */
    private void handle(List<E> batch) {
        try {
            handler.accept(batch);
        } catch (RuntimeException | Error e) {
            System.getLogger("mayfly.actors").log(System.Logger.Level.ERROR, "a shell failed on " + batch, e);
            retire();
        }
    }
}
