package mayfly.node;

import mayfly.core.task.Sight;
import mayfly.core.task.Task.Cause;
import mayfly.machine.SupervisedState;

/** What the supervisor says of a command, in the words of the task's lifecycle. Pure. */
final class Sights {
    private Sights() {}

    static Sight of(SupervisedState state) {
        return switch (state) {
            case SupervisedState.Starting _ -> new Sight.Starting();
            case SupervisedState.Running running ->
                new Sight.Running(running.pid(), running.startedMillis(), running.monitored());
            case SupervisedState.ExecFailed failed ->
                new Sight.ExecFailed(failed.errno(), failed.stage(), failed.endedMillis());
            case SupervisedState.Lost(var started) -> new Sight.Lost(started);
            case SupervisedState.Unknown _ -> new Sight.Nothing();
            case SupervisedState.Ended ended -> of(ended);
        };
    }

    private static Sight of(SupervisedState.Ended e) {
        int pid = e.pid();
        long from = e.startedMillis();
        long to = e.endedMillis();
        boolean byItself = e.cause().isEmpty();
        if (e.signal() == 0) {
            return byItself
                    ? new Sight.Exited(pid, from, to, e.exitCode())
                    : new Sight.ExitedAfter(cause(e.cause()), pid, from, to, e.exitCode());
        }
        return byItself
                ? new Sight.Signalled(pid, from, to, e.signal())
                : new Sight.SignalledFor(cause(e.cause()), pid, from, to, e.signal());
    }

    private static Cause cause(String word) {
        return switch (word) {
            case "timeout" -> Cause.TIMEOUT;
            case "output" -> Cause.OUTPUT;
            case "memory" -> Cause.MEMORY;
            case "asked" -> Cause.ASKED;
            default -> throw new AssertionError("the monitor gave a cause that PROTOCOL.md does not have: " + word);
        };
    }
}
