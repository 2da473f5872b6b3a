package mayfly.core.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import mayfly.core.Step;
import mayfly.core.task.Task.Ended;
import mayfly.core.task.Task.Ending;
import mayfly.core.task.Task.Pending;
import mayfly.core.task.Task.Running;
import mayfly.core.task.TaskEffect.Announce;
import mayfly.core.task.TaskEffect.Look;
import mayfly.core.task.TaskEffect.Persist;
import mayfly.core.task.TaskEffect.Signal;
import mayfly.core.task.TaskEffect.Spawn;

/** Decides for tasks; never acts. Ended is final; what is known already changes nothing. */
public final class Tasks {
    private Tasks() {}

    /** A task that was just accepted. */
    public static Step<Task, TaskEffect> begin() {
        return new Step<>(new Pending(1, Set.of()), List.of(new Persist(), new Spawn()));
    }

    /** What follows from the event. */
    public static Step<Task, TaskEffect> step(Task task, TaskEvent event) {
        Step<Task, TaskEffect> step = switch (task) {
            case Pending pending -> pending(pending, event);
            case Running running -> running(running, event);
            case Ended ended -> ended(ended, event);
        };
        assert hold(task, step);
        return step;
    }

    private static Step<Task, TaskEffect> pending(Pending task, TaskEvent event) {
        return switch (event) {
            case TaskEvent.Observed(var sight, var now) -> seen(task, sight, now);
            // Whether the last node came to spawn it is not on record. Only a spawn can tell that apart from a spawn
            // that
            // is still under way: to look would be to give up on a command that nobody has started.
            case TaskEvent.Reattached _ -> Step.with(task, new Spawn());
            case TaskEvent.SpawnFailed(var reason, var now) -> end(task, 0, 0, now, new Task.NotStarted(reason));
            case TaskEvent.KillRequested(var signal) -> ask(task, signal);
        };
    }

    private static Step<Task, TaskEffect> ask(Pending task, int signal) {
        Set<Integer> asked = new TreeSet<>(task.asked());
        return asked.add(signal) ? new Step<>(new Pending(task.version(), asked), List.of()) : Step.stay(task);
    }

    private static Step<Task, TaskEffect> seen(Pending task, Sight sight, long now) {
        return switch (sight) {
            case Sight.Starting _, Sight.Nothing _ -> Step.stay(task); // the spawn is under way
            case Sight.Running(var pid, var started, var monitored) -> run(task, pid, started, monitored);
            case Sight.End end -> endSeen(task, end, 0, 0, now);
        };
    }

    private static Step<Task, TaskEffect> run(Pending task, int pid, long started, boolean monitored) {
        List<TaskEffect> effects = new ArrayList<>(List.of(new Persist(), new Announce()));
        new TreeSet<>(task.asked()).forEach(signal -> effects.add(new Signal(signal)));
        return new Step<>(new Running(task.version() + 1, pid, started, monitored), effects);
    }

    private static Step<Task, TaskEffect> running(Running task, TaskEvent event) {
        return switch (event) {
            case TaskEvent.Observed(var sight, var now) -> seen(task, sight, now);
            case TaskEvent.Reattached _ -> Step.with(task, new Look());
            case TaskEvent.KillRequested(var signal) -> Step.with(task, new Signal(signal));
            case TaskEvent.SpawnFailed _ -> Step.stay(task); // it was seen running: the failed spawn was a second one
        };
    }

    private static Step<Task, TaskEffect> seen(Running task, Sight sight, long now) {
        return switch (sight) {
            case Sight.Starting _ -> Step.stay(task); // seen before it ran, told after
            case Sight.Running(var _, var _, var monitored) -> {
                // a dead monitor stays dead, so "monitored" seen earlier and told later is old news
                boolean orphaned = task.monitored() && !monitored;
                yield orphaned
                        ? changed(new Running(task.version() + 1, task.pid(), task.startedMillis(), false))
                        : Step.stay(task);
            }
            case Sight.Nothing _ ->
                end(task, task.pid(), task.startedMillis(), now, new Task.Lost("its directory was removed"));
            case Sight.End end -> endSeen(task, end, task.pid(), task.startedMillis(), now);
        };
    }

    /** The given pid and start are what was known before; 0 when nothing. */
    private static Step<Task, TaskEffect> endSeen(Task task, Sight.End sight, int pid, long started, long now) {
        return switch (sight) {
            case Sight.Exited s -> end(task, s.pid(), s.startedMillis(), s.endedMillis(), exited(s.exitCode()));
            case Sight.ExitedAfter s ->
                end(task, s.pid(), s.startedMillis(), s.endedMillis(), new Task.Stopped(s.exitCode(), s.cause()));
            case Sight.Signalled s ->
                end(task, s.pid(), s.startedMillis(), s.endedMillis(), new Task.FailedBySignal(s.signal()));
            case Sight.SignalledFor s ->
                end(task, s.pid(), s.startedMillis(), s.endedMillis(), new Task.Killed(s.signal(), s.cause()));
            case Sight.ExecFailed s ->
                end(task, 0, 0, s.endedMillis(), new Task.NotStarted(StartFailure.reason(s.stage(), s.errno())));
            case Sight.Lost s ->
                end(task, pid, Math.max(started, s.startedMillis()), now, new Task.Lost("its monitor died"));
        };
    }

    private static Ending exited(int exitCode) {
        return exitCode == 0 ? new Task.Succeeded() : new Task.FailedWithCode(exitCode);
    }

    private static Step<Task, TaskEffect> end(Task task, int pid, long started, long ended, Ending ending) {
        return changed(new Ended(task.version() + 1, pid, started, ended, ending));
    }

    private static Step<Task, TaskEffect> changed(Task task) {
        return new Step<>(task, List.of(new Persist(), new Announce()));
    }

    private static Step<Task, TaskEffect> ended(Ended task, TaskEvent event) {
        return switch (event) {
            case TaskEvent.Observed _, TaskEvent.Reattached _, TaskEvent.SpawnFailed _, TaskEvent.KillRequested _ ->
                Step.stay(task);
        };
    }

    private static boolean hold(Task before, Step<Task, TaskEffect> step) {
        boolean persisted = step.effects().contains(new Persist());
        long grown = step.state().version() - before.version();
        if (grown != (persisted ? 1 : 0)) {
            throw new AssertionError("T1: a visible change is one version and one Persist: " + before + " to " + step);
        }
        if (before.status().compareTo(step.state().status()) > 0) {
            throw new AssertionError("T2: a task never goes back: " + before + " to " + step);
        }
        return true;
    }
}
