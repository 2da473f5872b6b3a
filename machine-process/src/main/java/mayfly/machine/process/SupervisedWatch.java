package mayfly.machine.process;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import mayfly.linux.ErrnoException;
import mayfly.linux.ExitWatch;
import mayfly.linux.Pidfd;

/**
 * Sees to it that no change is missed: reports can be lost, but a monitor's end, or an orphan's, cannot be. What cannot
 * be waited for is looked at again after a while.
 */
final class SupervisedWatch implements AutoCloseable {
    private final ExitWatch exits;
    private final ScheduledExecutorService timer;
    private final Consumer<String> changed;

    // guarded by this; pid 0 stands for a look that is due later
    private final Map<String, MonitorPid> watched = new HashMap<>();

    /** @param changed called with a command's name, on a thread that must not be blocked */
    SupervisedWatch(ExitWatch exits, ScheduledExecutorService timer, Consumer<String> changed) {
        this.exits = exits;
        this.timer = timer;
        this.changed = changed;
    }

    /** From now on the end of the process is announced, once; what was awaited for this command before is not. */
    void awaitExit(String name, MonitorPid process, String boot) {
        synchronized (this) {
            if (process.equals(watched.put(name, process))) {
                return;
            }
        }
        try {
            Optional<Pidfd> pidfd = process.open(boot);
            if (pidfd.isPresent()) {
                exits.watch(pidfd.get(), () -> ended(name, process));
                return;
            }
        } catch (ErrnoException noDescriptorLeft) {
            // It is looked at again instead.
        }
        lookAgain(name, Duration.ofSeconds(1));
    }

    /** Announces the command after the delay. */
    void lookAgain(String name, Duration delay) {
        MonitorPid later = new MonitorPid(0, 0);
        synchronized (this) {
            if (later.equals(watched.put(name, later))) {
                return;
            }
        }
        try {
            Future<?> _ = timer.schedule(() -> ended(name, later), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            // Nobody listens any more.
        }
    }

    private void ended(String name, MonitorPid process) {
        boolean current;
        synchronized (this) {
            current = watched.remove(name, process);
        }
        if (current) {
            changed.accept(name);
        }
    }

    /** The command has ended: nothing is awaited any more. */
    synchronized void forget(String name) {
        watched.remove(name);
    }

    @Override
    public void close() {
        exits.close();
    }
}
