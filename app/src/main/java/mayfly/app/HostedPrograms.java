package mayfly.app;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mayfly.actors.ProgramHost;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.TaskIsolation;
import mayfly.api.TaskSpec;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.base.TaskId;
import mayfly.node.TaskRegistry;
import mayfly.store.TaskFilter;
import mayfly.store.TaskRecord;

/** Runs the programs of hosted runner pools as tasks: each under a monitor of its own, so that they outlive the node. */
final class HostedPrograms implements ProgramHost {
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;
    /** What a program has to end after it was asked to. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofHours(1);
    private static final int TAIL_BYTES = 400;

    private final TaskRegistry tasks;

    HostedPrograms(TaskRegistry tasks) {
        this.tasks = tasks;
    }

    @Override
    public Program start(String name, List<String> command, Map<String, String> env, Optional<String> directory)
            throws ProgramException {
        TaskSpec spec = new TaskSpec(
                taskName(name),
                command,
                new TreeMap<>(env),
                directory,
                Optional.empty(),
                Optional.empty(),
                TaskIsolation.NONE,
                Optional.empty());
        try {
            TaskRecord record = tasks.create(spec);
            return new Task(record.id(), env, record.createdAt());
        } catch (RefusedException e) {
            throw new ProgramException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Names of tasks have fewer characters than those of pools. */
    private static String taskName(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9-]", "-");
        return plain.substring(0, Math.min(Limits.NAME_CHARS_MAX, plain.length()));
    }

    @Override
    public List<Program> running() {
        List<Program> found = new ArrayList<>();
        TaskId before = null;
        while (true) {
            List<TaskRecord> page = tasks.list(new TaskFilter(null, null, true, before, Limits.LIST_PAGE_MAX));
            for (TaskRecord record : page) {
                before = record.id();
                env(record).ifPresent(env -> found.add(new Task(record.id(), env, record.createdAt())));
            }
            if (page.size() < Limits.LIST_PAGE_MAX) {
                return found;
            }
        }
    }

    private static Optional<Map<String, String>> env(TaskRecord record) {
        try {
            return Optional.of(Json.readAnswer(record.spec().getBytes(StandardCharsets.UTF_8), TaskSpec.class)
                    .env());
        } catch (InvalidException e) {
            return Optional.empty(); // the node has said so when it read it first
        }
    }

    private final class Task implements Program {
        private final TaskId id;
        private final Map<String, String> env;
        private final Instant startedAt;
        private volatile boolean asked;

        Task(TaskId id, Map<String, String> env, Instant startedAt) {
            this.id = id;
            this.env = Map.copyOf(env);
            this.startedAt = startedAt;
        }

        @Override
        public Map<String, String> env() {
            return env;
        }

        @Override
        public Instant startedAt() {
            return startedAt;
        }

        @Override
        public String awaitEnd() throws InterruptedException {
            try {
                TaskRecord record = tasks.await(id, LOOK);
                while (record.endedAt() == null) {
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                    record = tasks.await(id, LOOK);
                }
                String how = record.status() + (record.reason().isEmpty() ? "" : ", " + record.reason()) + tail();
                if (asked) {
                    tasks.delete(id); // it did what it was asked to: nothing to look at
                }
                return how;
            } catch (RefusedException e) {
                return String.valueOf(e.getMessage());
            }
        }

        /** The last that it said. */
        private String tail() throws RefusedException {
            Optional<Path> file = tasks.output(id, "stderr");
            if (file.isEmpty()) {
                return "";
            }
            try (RandomAccessFile in = new RandomAccessFile(file.get().toFile(), "r")) {
                in.seek(Math.max(0, in.length() - TAIL_BYTES));
                byte[] bytes = new byte[(int) (in.length() - in.getFilePointer())];
                in.readFully(bytes);
                String said = new String(bytes, StandardCharsets.UTF_8).strip();
                return said.isEmpty() ? "" : ": " + said;
            } catch (IOException e) {
                return "";
            }
        }

        @Override
        public void stop() {
            asked = true;
            Thread.ofVirtual().name("stop-runner").start(() -> {
                try {
                    tasks.kill(id, SIGTERM);
                    if (tasks.await(id, GRACE).endedAt() == null) {
                        tasks.kill(id, SIGKILL);
                    }
                } catch (RefusedException e) {
                    System.getLogger("mayfly.app").log(System.Logger.Level.DEBUG, "stopping " + id, e);
                }
            });
        }
    }
}
