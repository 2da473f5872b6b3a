package mayfly.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.TaskIsolation;
import mayfly.api.TaskSpec;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.base.TaskId;
import mayfly.core.task.Task;
import mayfly.core.task.TaskEvent;
import mayfly.core.task.Tasks;
import mayfly.machine.Sandbox;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.Supervisor;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.TaskFilter;
import mayfly.store.TaskRecord;

/**
 * The tasks of this node: begins them, finds them again after a restart, and tells of them. Tasks that have not ended
 * have a {@link TaskShell}; the others are only in the store.
 */
public final class TaskRegistry {
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Store store;
    private final Supervisor supervisor;
    private final Clock clock;
    private final Ids ids;
    private final Path directories;
    private final Executor looks;
    private final Map<TaskId, TaskShell> live = new ConcurrentHashMap<>();
    private volatile boolean draining;

    /**
     * @param directories where tasks that name no working directory get one
     * @param looks runs what may block on a supervisor, each on a thread of its own
     */
    TaskRegistry(Store store, Supervisor supervisor, Clock clock, Ids ids, Path directories, Executor looks) {
        this.store = store;
        this.supervisor = supervisor;
        this.clock = clock;
        this.ids = ids;
        this.directories = directories;
        this.looks = looks;
        supervisor.onChange(this::lookAt);
    }

    /**
     * Starts a command. Its record is durable before it starts, so whatever runs is known; on return it runs, or has
     * ended with the reason.
     */
    public TaskRecord create(TaskSpec spec) throws RefusedException {
        if (draining) {
            throw new RefusedException(ErrorCode.NODE_DRAINING, "the node is stopping");
        }
        if (live.size() >= Limits.TASKS_RUNNING_MAX) {
            throw new RefusedException(
                    ErrorCode.LIMIT_REACHED, "this node runs " + Limits.TASKS_RUNNING_MAX + " tasks; end one first");
        }
        TaskId id = ids.task();
        TaskShell shell = shell(id, spec, clock.now(), Tasks.begin().state());
        makeOwnDirectory(id, spec);
        live.put(id, shell);
        try {
            Recorder.await(store.putTask(shell.record()));
        } catch (RefusedException e) {
            live.remove(id);
            // A write that failed may have happened: a task that was refused must not start after the next restart.
            var _ = store.deleteTask(id);
            CodeCache.deleteQuietly(directories.resolve(id.value()));
            throw e;
        }
        shell.spawn(); // the effect of Tasks.begin, after its Persist
        settle(shell);
        return told(shell);
    }

    /** Finds what the last node left running; on return every task's status is what it really is. */
    void reattach() {
        List<TaskShell> shells = new ArrayList<>();
        TaskId before = null;
        while (true) {
            List<TaskRecord> page = store.tasks(new TaskFilter(null, null, true, before, Limits.LIST_PAGE_MAX));
            for (TaskRecord record : page) {
                before = record.id();
                shells.add(restore(record));
            }
            if (page.size() < Limits.LIST_PAGE_MAX) {
                break;
            }
        }
        shells.forEach(shell -> live.put(shell.id(), shell));
        CompletableFuture.allOf(shells.stream()
                        .map(shell -> CompletableFuture.runAsync(() -> take(shell, TaskShell::reattach), looks))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
    }

    /**
     * Removes what is left of tasks that are not on record: a record goes before its files, and files come before their
     * record, so a node that was killed in between has left them. What runs is left alone.
     *
     * @param now tasks begun from now on are not touched
     */
    void removeUnknown(TaskId now) {
        Set<String> names = new TreeSet<>(supervisor.names());
        names.addAll(CodeCache.namesIn(directories));
        for (String name : names) {
            if (name.startsWith("task_") && name.compareTo(now.value()) < 0 && isUnknown(name)) {
                try {
                    supervisor.remove(name);
                    CodeCache.deleteQuietly(directories.resolve(name));
                } catch (IllegalStateException | UncheckedIOException e) {
                    System.getLogger("mayfly.node")
                            .log(System.Logger.Level.WARNING, name + " is not on record, and stays", e);
                }
            }
        }
    }

    private boolean isUnknown(String name) {
        try {
            TaskId id = new TaskId(name);
            return !live.containsKey(id) && store.task(id).isEmpty();
        } catch (IllegalArgumentException e) {
            return false; // none of ours
        }
    }

    private TaskShell restore(TaskRecord record) {
        try {
            TaskSpec spec = Json.readAnswer(record.spec().getBytes(StandardCharsets.UTF_8), TaskSpec.class);
            Task state = record.startedAt() == null
                    ? new Task.Pending(record.version(), java.util.Set.of())
                    : new Task.Running(
                            record.version(), record.pid(), record.startedAt().toEpochMilli(), true);
            return shell(record.id(), spec, record.createdAt(), state);
        } catch (InvalidException | RefusedException e) {
            throw new StoreException(
                    StoreException.Kind.FAILED,
                    "the record of task " + record.id() + " is damaged: " + e.getMessage(),
                    e);
        }
    }

    private TaskShell shell(TaskId id, TaskSpec spec, java.time.Instant createdAt, Task state) throws RefusedException {
        return new TaskShell(id, spec, command(id, spec), createdAt, state, store, supervisor, clock);
    }

    private SupervisedSpec command(TaskId id, TaskSpec spec) throws RefusedException {
        Optional<Sandbox> sandbox = switch (spec.isolation()) {
            case NONE -> Optional.empty();
            case PROCESS -> Optional.of(Sandbox.forTask());
            case KVM ->
                throw new RefusedException(
                        ErrorCode.ISOLATION_UNAVAILABLE,
                        "this version of Mayfly cannot run a task with isolation 'kvm'; use 'process' or 'none'");
        };
        Map<String, String> env = new LinkedHashMap<>();
        env.put("PATH", PATH);
        env.put("HOME", sandbox.isPresent() ? "/tmp" : System.getProperty("user.home"));
        env.put("LANG", "C.UTF-8");
        env.put("MAYFLY_TASK", id.value());
        env.putAll(spec.env());
        String cwd = spec.cwd()
                .orElse(
                        sandbox.isPresent()
                                ? "/tmp"
                                : directories.resolve(id.value()).toString());
        return new SupervisedSpec(
                spec.command(),
                env,
                cwd,
                (long) spec.memoryMb().orElse(0) * Limits.MIB,
                spec.timeoutMs().orElse(0L),
                SupervisedSpec.GRACE_MILLIS_DEFAULT,
                (long) spec.outputMaxMb().orElse(0) * Limits.MIB,
                sandbox);
    }

    /** A task that names no directory works in one of its own, away from its monitor's files. */
    private void makeOwnDirectory(TaskId id, TaskSpec spec) throws RefusedException {
        if (spec.cwd().isPresent() || spec.isolation() != TaskIsolation.NONE) {
            return;
        }
        try {
            Files.createDirectories(directories.resolve(id.value()));
        } catch (IOException e) {
            System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, "no working directory for " + id, e);
            // The path is the operator's to know; the reason, "No space left on device", is the caller's.
            String why = e instanceof FileSystemException file && file.getReason() != null
                    ? file.getReason()
                    : "it could not be made";
            throw new RefusedException(ErrorCode.STORE_FULL, "no working directory for the task: " + why, e);
        }
    }

    public TaskRecord get(TaskId id) throws RefusedException {
        TaskShell shell = live.get(id);
        if (shell != null) {
            return told(shell);
        }
        return store.task(id)
                .orElseThrow(() -> new RefusedException(
                        ErrorCode.TASK_NOT_FOUND,
                        "there is no task " + id + "; `mayfly ls tasks` shows those there are"));
    }

    /** One page, newest first. */
    public List<TaskRecord> list(TaskFilter filter) {
        return store.tasks(filter);
    }

    /** The task when it has ended, or as it is after the given time. */
    public TaskRecord await(TaskId id, Duration limit) throws RefusedException {
        long end = clock.nanos() + limit.toNanos();
        while (true) {
            TaskShell shell = live.get(id);
            if (shell == null) {
                return get(id);
            }
            var change = shell.changed();
            long left = end - clock.nanos();
            if (shell.state() instanceof Task.Ended || left <= 0) {
                return told(shell);
            }
            try {
                change.get(left, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return told(shell);
            } catch (ExecutionException e) {
                throw new AssertionError("changes complete normally", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return told(shell);
            }
        }
    }

    /** Sends a signal to the task's main process. */
    public TaskRecord kill(TaskId id, int signal) throws RefusedException {
        TaskShell shell = live.get(id);
        if (shell == null || shell.state() instanceof Task.Ended) {
            throw new RefusedException(
                    ErrorCode.TASK_ENDED, "task " + id + " has ended (" + get(id).status() + "); nothing was sent");
        }
        shell.send(new TaskEvent.KillRequested(signal));
        settle(shell);
        return told(shell);
    }

    /** Forgets an ended task and its output. */
    public void delete(TaskId id) throws RefusedException {
        TaskShell shell = live.get(id);
        TaskRecord record = get(id);
        if (shell != null && !(shell.state() instanceof Task.Ended)) {
            throw new RefusedException(
                    ErrorCode.TASK_RUNNING, "task " + id + " is " + record.status() + "; kill it first");
        }
        if (shell != null) {
            Recorder.await(
                    shell.persisted()); // whoever saw its end may delete it: a later write must not bring it back
            live.remove(id, shell);
        }
        Recorder.await(store.deleteTask(id));
        supervisor.remove(id.value());
        CodeCache.deleteQuietly(directories.resolve(id.value()));
    }

    /** The file that holds the task's "stdout" or "stderr"; empty before it began. */
    public Optional<Path> output(TaskId id, String stream) throws RefusedException {
        get(id);
        return supervisor.directory(id.value()).map(it -> it.resolve(stream)).filter(Files::exists);
    }

    /** Tasks that have not ended. */
    public int running() {
        return live.size();
    }

    private void lookAt(String name) {
        if (name.startsWith("task_")) {
            TaskShell shell = live.get(new TaskId(name));
            if (shell != null) {
                looks.execute(() -> take(shell, TaskShell::look));
            }
        }
    }

    /** Lets go of a task that has ended, once that is on disk; after a failed write it is kept, and written again. */
    private void settle(TaskShell shell) {
        if (shell.state() instanceof Task.Ended) {
            var _ = shell.persisted().whenComplete((_, failure) -> {
                if (failure == null) {
                    live.remove(shell.id(), shell);
                } else {
                    System.getLogger("mayfly.node")
                            .log(
                                    System.Logger.Level.WARNING,
                                    "the end of " + shell.id() + " is not on disk yet",
                                    failure);
                }
            });
        }
    }

    /** Writes again what could not be written, and looks at tasks whose reports may have been lost. */
    void sweep() {
        for (TaskShell shell : live.values()) {
            if (shell.state() instanceof Task.Ended && shell.persisted().isCompletedExceptionally()) {
                var _ = store.putTask(shell.record()).thenRun(() -> live.remove(shell.id(), shell));
            } else {
                take(shell, TaskShell::look);
            }
        }
    }

    private void take(TaskShell shell, Consumer<TaskShell> look) {
        look.accept(shell);
        settle(shell);
    }

    /** An end is told when it is on disk, so that no restart takes it back; or when the store cannot write it. */
    private static TaskRecord told(TaskShell shell) {
        if (shell.state() instanceof Task.Ended) {
            try {
                shell.persisted().join();
            } catch (CompletionException notOnDisk) {
                return shell.record(); // true all the same, and the sweep writes it again
            }
        }
        return shell.record();
    }

    void drain() {
        draining = true;
    }
}
