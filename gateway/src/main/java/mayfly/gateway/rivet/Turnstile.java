package mayfly.gateway.rivet;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets events through one at a time and in order, on the threads that bring them: whoever finds it free works off what
 * others bring meanwhile. So what the handler keeps has one writer and needs neither a thread nor a lock held over calls.
 */
final class Turnstile<E> {
    private final Consumer<E> handler;

    // order: innermost; the handler runs outside. Guards both fields.
    private final Queue<E> waiting = new ArrayDeque<>(4);
    private boolean busy;

    /** @param handler must be short and must not block */
    Turnstile(Consumer<E> handler) {
        this.handler = handler;
    }

    void put(E event) {
        synchronized (this) {
            if (busy) {
                waiting.add(event);
                return;
            }
            busy = true;
        }
        for (E next = event; next != null; next = next()) {
            handle(next);
        }
    }

    private synchronized @Nullable E next() {
        E next = waiting.poll();
        busy = next != null;
        return next;
    }

    /** One event that fails does not keep the others from being handled. */
    private void handle(E event) {
        try {
            handler.accept(event);
        } catch (RuntimeException | Error e) {
            System.getLogger("mayfly.gateway").log(System.Logger.Level.ERROR, "failed on " + event.getClass(), e);
        }
    }
}
