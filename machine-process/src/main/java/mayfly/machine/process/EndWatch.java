package mayfly.machine.process;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import mayfly.machine.SupervisedState;
import mayfly.machine.Supervisor;

/** Waits for sandboxes to end. The supervisor's hints only shorten the wait: its inspection is what counts. */
final class EndWatch {
    private static final long LOOK_MILLIS = 50;

    private final Supervisor supervisor;
    private final Map<String, Semaphore> waiting = new ConcurrentHashMap<>();

    EndWatch(Supervisor supervisor) {
        this.supervisor = supervisor;
        supervisor.onChange(name -> {
            Semaphore hint = waiting.get(name);
            if (hint != null) {
                hint.release();
            }
        });
    }

    /** Whether it has ended, at the latest after so long; goes on when the thread is interrupted. */
    boolean ended(String name, long millis) {
        Semaphore hint = waiting.computeIfAbsent(name, _ -> new Semaphore(0));
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        boolean interrupted = false;
        try {
            while (lives(supervisor.inspect(name))) {
                if (System.nanoTime() > end) {
                    return false;
                }
                try {
                    boolean hinted = hint.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    assert hinted || !hinted : "either way the supervisor is asked";
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return true;
        } finally {
            waiting.remove(name);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static boolean lives(SupervisedState state) {
        return switch (state) {
            case SupervisedState.Starting _, SupervisedState.Running _ -> true;
            case SupervisedState.Ended _,
                    SupervisedState.ExecFailed _,
                    SupervisedState.Lost _,
                    SupervisedState.Unknown _ -> false;
        };
    }
}
