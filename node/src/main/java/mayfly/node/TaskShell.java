package mayfly.node;

import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import mayfly.api.Json;
import mayfly.api.TaskSpec;
import mayfly.base.Clock;
import mayfly.base.TaskId;
import mayfly.core.Step;
import mayfly.core.task.Task;
import mayfly.core.task.TaskEffect;
import mayfly.core.task.TaskEvent;
import mayfly.core.task.Tasks;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.Supervisor;
import mayfly.store.Store;
import mayfly.store.TaskRecord;
import org.jspecify.annotations.Nullable;

/**
 * Runs one task: feeds what is seen of its command to {@link Tasks#step}, one event at a time, and does what it asks
 * for. Records carry the state's version, so the store drops one that comes late.
 */
final class TaskShell {
    private final TaskId id;
    private final TaskSpec spec;
    private final SupervisedSpec command;
    private final Instant createdAt;
    private final Store store;
    private final Supervisor supervisor;
    private final Clock clock;

    private final ReentrantLock lock = new ReentrantLock(); // guards state; nothing else is done under it
    private Task state;
    private volatile CompletableFuture<Void> changed = new CompletableFuture<>();
    private volatile CompletableFuture<Void> persisted = CompletableFuture.completedFuture(null);

    TaskShell(
            TaskId id,
            TaskSpec spec,
            SupervisedSpec command,
            Instant createdAt,
            Task state,
            Store store,
            Supervisor supervisor,
            Clock clock) {
        this.id = id;
        this.spec = spec;
        this.command = command;
        this.createdAt = createdAt;
        this.state = state;
        this.store = store;
        this.supervisor = supervisor;
        this.clock = clock;
    }

    TaskId id() {
        return id;
    }

    TaskSpec spec() {
        return spec;
    }

    Task state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    /** The record as the store has it, or will. */
    TaskRecord record() {
        return record(state());
    }

    /** Completes at the next change that a reader can see. */
    CompletableFuture<Void> changed() {
        return changed;
    }

    /** Completes when the last change is on disk. */
    CompletableFuture<Void> persisted() {
        return persisted;
    }

    /** Looks at the command and takes over what is seen; when it cannot be looked at, nothing: the next sweep looks. */
    void look() {
        TaskEvent seen;
        try {
            seen = new TaskEvent.Observed(Sights.of(supervisor.inspect(id.value())), nowMillis());
        } catch (UncheckedIOException e) {
            warn("cannot look at " + id + " now: " + e.getMessage());
            return;
        }
        send(seen);
    }

    /** The first thing after a restart of the node. */
    void reattach() {
        send(new TaskEvent.Reattached());
    }

    void send(TaskEvent event) {
        Step<Task, TaskEffect> step;
        CompletableFuture<Void> write = new CompletableFuture<>();
        lock.lock();
        try {
            step = Tasks.step(state, event);
            state = step.state();
            if (step.effects().stream().anyMatch(TaskEffect.Persist.class::isInstance)) {
                persisted = write; // with the state: who sees its end must not take an older write for the end's
            }
        } finally {
            lock.unlock();
        }
        for (TaskEffect effect : step.effects()) {
            run(effect, step.state(), write);
        }
    }

    private void run(TaskEffect effect, Task after, CompletableFuture<Void> write) {
        switch (effect) {
            case TaskEffect.Persist _ -> {
                var _ = store.putTask(record(after)).whenComplete((_, failure) -> {
                    if (failure == null) {
                        write.complete(null);
                    } else {
                        write.completeExceptionally(failure);
                    }
                });
            }
            case TaskEffect.Spawn _ -> spawn();
            case TaskEffect.Look _ -> look();
            case TaskEffect.Signal(var signal) -> signal(signal);
            case TaskEffect.Announce _ -> {
                CompletableFuture<Void> before = changed;
                changed = new CompletableFuture<>();
                before.complete(null);
            }
        }
    }

    /** Starts the command; blocks until it runs or could not be executed. */
    void spawn() {
        TaskEvent answer;
        try {
            answer = new TaskEvent.Observed(Sights.of(supervisor.spawn(id.value(), command)), nowMillis());
        } catch (MachineException e) {
            answer = new TaskEvent.SpawnFailed(String.valueOf(e.getMessage()), nowMillis());
        } catch (UncheckedIOException e) {
            warn("how the start of " + id + " went is not known yet: " + e.getMessage());
            return; // the next sweep looks again
        }
        send(answer);
    }

    private void signal(int signal) {
        try {
            supervisor.signal(id.value(), signal);
        } catch (MachineException e) {
            warn("signal " + signal + " did not reach " + id + ": " + e.getMessage());
        }
        look(); // it may have ended before: then there was nobody to signal, and its end is news
    }

    private static void warn(String message) {
        System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, message);
    }

    private TaskRecord record(Task task) {
        return switch (task) {
            case Task.Pending pending -> record(pending, 0, null, null, "", null, null);
            case Task.Running running -> record(running, running.pid(), null, null, "", running.startedMillis(), null);
            case Task.Ended ended -> {
                Integer code = switch (ended.ending()) {
                    case Task.Succeeded _ -> 0;
                    case Task.FailedWithCode(var exit) -> exit;
                    case Task.Stopped stopped -> stopped.exitCode();
                    case Task.FailedBySignal _, Task.NotStarted _, Task.Killed _, Task.Lost _ -> null;
                };
                Integer signal = switch (ended.ending()) {
                    case Task.FailedBySignal(var number) -> number;
                    case Task.Killed killed -> killed.signal();
                    case Task.Succeeded _, Task.FailedWithCode _, Task.Stopped _ -> null;
                    case Task.NotStarted _, Task.Lost _ -> null;
                };
                yield record(
                        ended,
                        ended.pid(),
                        code,
                        signal,
                        ended.ending().reason(),
                        ended.startedMillis(),
                        ended.endedMillis());
            }
        };
    }

    private TaskRecord record(
            Task task,
            int pid,
            @Nullable Integer code,
            @Nullable Integer signal,
            String reason,
            @Nullable Long started,
            @Nullable Long ended) {
        return new TaskRecord(
                id,
                spec.name(),
                Json.text(spec),
                task.status().wireName(),
                pid,
                code,
                signal,
                reason,
                createdAt,
                instant(started),
                instant(ended),
                task.version());
    }

    private static @Nullable Instant instant(@Nullable Long millis) {
        return millis == null || millis == 0 ? null : Instant.ofEpochMilli(millis);
    }

    private long nowMillis() {
        return clock.now().toEpochMilli();
    }
}
