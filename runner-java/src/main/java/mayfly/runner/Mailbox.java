package mayfly.runner;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/** Events that wait for an actor. Once the actor is to stop, nothing is taken out any more. */
final class Mailbox {
    /** One event, to be handled on the actor's thread. */
    @FunctionalInterface
    interface Mail {
        void handle() throws Exception;
    }

    private final Object lock = new Object();
    private final Queue<Mail> waiting = new ArrayDeque<>();
    private boolean stopped;

    /** Whether there was room, and the actor is not to stop. */
    boolean offer(Mail mail) {
        synchronized (lock) {
            if (stopped || waiting.size() >= RunnerLimits.MAILBOX_EVENTS_MAX) {
                return false;
            }
            waiting.add(mail);
            lock.notifyAll();
            return true;
        }
    }

    void stop() {
        synchronized (lock) {
            stopped = true;
            waiting.clear();
            lock.notifyAll();
        }
    }

    boolean isStopped() {
        synchronized (lock) {
            return stopped;
        }
    }

    /** The next one if there is one now. */
    Optional<Mail> poll() {
        synchronized (lock) {
            return Optional.ofNullable(waiting.poll());
        }
    }

    /** The next one; empty when the actor is to stop. */
    Optional<Mail> take() throws InterruptedException {
        synchronized (lock) {
            while (waiting.isEmpty() && !stopped) {
                lock.wait();
            }
            return Optional.ofNullable(waiting.poll());
        }
    }
}
