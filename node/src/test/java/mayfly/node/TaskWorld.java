package mayfly.node;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import mayfly.api.TaskIsolation;
import mayfly.api.TaskSpec;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.base.RefusedException;
import mayfly.base.TaskId;
import mayfly.store.StoreException;
import mayfly.store.TaskRecord;

/**
 * Some lives of a node with tasks, from one seed and on one thread. Whenever the node calls its store or its supervisor,
 * other things may happen before the call has done its work, or after it but before it returns: other requests, reports,
 * ends of commands, deaths of monitors, and the death of the node itself, which loses all but the store and the
 * commands. So a call that takes long, an answer that is old and a write that is overtaken are all nested moments.
 */
final class TaskWorld {
    private static final int LIVES = 4;
    private static final int ACTIONS_PER_LIFE = 30;
    private static final int DEPTH_MAX = 3;
    private static final int TASKS_MAX = 6;

    private static final TaskSpec SPEC = new TaskSpec(
            "job",
            List.of("sleep", "60"),
            Map.of(),
            Optional.of("/"),
            Optional.empty(),
            Optional.empty(),
            TaskIsolation.NONE,
            Optional.empty());

    /** kill -9 of the node: unwinds whatever it was doing. */
    private static final class Killed extends Error {
        Killed() {
            super("kill -9", null, false, false);
        }
    }

    /** A rule was broken; no part of the node may catch this. */
    static final class Broken extends Error {
        Broken(String rule) {
            super(rule);
        }
    }

    final TaskReferee referee = new TaskReferee(this);
    final SimTaskStore store = new SimTaskStore(this);
    final SimSupervisor supervisor = new SimSupervisor(this);
    private final Random random;
    private final Ids ids;
    private final Clock clock;
    private final List<TaskId> tasks = new ArrayList<>();
    private final List<Runnable> looks = new ArrayList<>();
    /** Tasks with a write under way: who asked now would wait for a write that waits for this moment. */
    private final Set<String> writing = new HashSet<>();

    /** Ids of the tasks that are being created, the innermost last; empty before it is known. */
    private final List<String> creating = new ArrayList<>();
    /** What the store refused to delete: refused tasks may then be on record, and start. */
    final Set<String> undeleted = new HashSet<>();

    private TaskRegistry registry;
    private boolean dead;
    private boolean starting;
    private boolean calm;
    private boolean mortal;
    private int depth;
    private long nanos;
    int life;
    int moments;

    TaskWorld(long seed) {
        this.random = new Random(seed);
        this.clock = new Clock() {
            @Override
            public Instant now() {
                return Instant.ofEpochMilli(1_000_000 + nanos() / 1_000_000);
            }

            @Override
            public long nanos() {
                return nanos += 1_000_000;
            }
        };
        this.ids = Ids.seeded(clock, random);
    }

    void run() {
        for (life = 1; life <= LIVES; life++) {
            boolean last = life == LIVES;
            live(last);
        }
    }

    private void live(boolean last) {
        dead = false;
        calm = false;
        mortal = !last;
        depth = 0;
        looks.clear();
        writing.clear();
        creating.clear();
        referee.restarted();
        try {
            registry = new TaskRegistry(store, supervisor, clock, ids, Path.of("/nowhere"), this::later);
            starting = true;
            registry.reattach();
            starting = false;
            for (int i = 0; i < ACTIONS_PER_LIFE; i++) {
                act();
            }
            if (last) {
                calm = true;
                comeToRest();
            }
        } catch (Throwable thrown) {
            rethrowUnlessKilled(thrown);
        }
    }

    private void rethrowUnlessKilled(Throwable thrown) {
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each instanceof Broken broken) {
                throw broken;
            }
        }
        if (!dead) {
            throw new Broken("the node threw " + thrown);
        }
    }

    CompletableFuture<Void> deleting(String id, Runnable delete) {
        undeleted.add(id);
        CompletableFuture<Void> deleted = writing(id, delete);
        if (!deleted.isCompletedExceptionally()) {
            undeleted.remove(id);
        }
        return deleted;
    }

    private void later(Runnable look) {
        if (starting) {
            look.run();
        } else {
            looks.add(look);
        }
    }

    // What the store and the supervisor ask ---------------------------------------------------------------------

    int draw(int bound) {
        return random.nextInt(bound);
    }

    boolean chance(int percent) {
        return draw(100) < percent;
    }

    /** Whether something fails that may fail. */
    boolean unlucky(int percent) {
        return !calm && chance(percent);
    }

    void alive() {
        if (dead) {
            throw new Killed();
        }
    }

    /** Time passes inside a call: anything may happen. */
    void moment() {
        alive();
        moments++;
        if (mortal && unlucky(2)) {
            dead = true;
        } else if (!starting && depth < DEPTH_MAX && chance(30)) {
            depth++;
            act();
            depth--;
        }
        alive();
    }

    CompletableFuture<Void> writing(String id, Runnable write) {
        boolean outer = writing.add(id);
        try {
            moment();
            boolean fails = unlucky(5);
            if (!fails || chance(50)) {
                write.run();
            }
            moment();
            return fails
                    ? CompletableFuture.failedFuture(
                            new StoreException(StoreException.Kind.FAILED, "it may have happened"))
                    : CompletableFuture.completedFuture(null);
        } finally {
            if (outer) {
                writing.remove(id);
            }
        }
    }

    // What happens ----------------------------------------------------------------------------------------------

    private void act() {
        switch (draw(12)) {
            case 0, 1 -> create();
            case 2 -> ask(id -> referee.told(registry.kill(id, chance(50) ? 9 : 15)));
            case 3, 4 -> ask(id -> referee.told(registry.get(id)));
            case 5 -> any(SimCommand::isRunning).ifPresent(it -> it.end(draw(2), 0, ""));
            case 6 ->
                any(it -> it.phase == SimCommand.Phase.RUNS)
                        .filter(_ -> chance(30))
                        .ifPresent(it -> it.phase = SimCommand.Phase.ORPHANED);
            case 7 -> any(it -> it.monitorOnItsWay).ifPresent(supervisor::started);
            case 8 -> any(_ -> true).ifPresent(it -> supervisor.listener.accept(it.name));
            case 9 -> {
                if (!looks.isEmpty()) {
                    looks.remove(draw(looks.size())).run();
                }
            }
            case 10 -> registry.sweep();
            default -> ask(this::delete);
        }
    }

    private void create() {
        if (tasks.size() == TASKS_MAX * life) {
            return;
        }
        int before = creating.size();
        try {
            creating.add("");
            TaskRecord record = registry.create(SPEC);
            tasks.add(record.id());
            referee.acknowledged.add(record.id().value());
            referee.told(record);
        } catch (RefusedException refused) {
            String id = creating.get(before);
            if (!undeleted.contains(id)) {
                referee.refused.add(id);
            }
        } finally {
            creating.remove(before);
        }
    }

    /** The first record that is written after a request for a task is that task's. */
    void writes(String id) {
        if (!creating.isEmpty() && creating.getLast().isEmpty()) {
            creating.set(creating.size() - 1, id);
        }
    }

    private interface Request {
        void send(TaskId id) throws RefusedException;
    }

    private void ask(Request request) {
        if (tasks.isEmpty()) {
            return;
        }
        TaskId id = tasks.get(draw(tasks.size()));
        if (writing.contains(id.value())) {
            return;
        }
        try {
            request.send(id);
        } catch (RefusedException _) {
            alive(); // an answer like any other
        }
    }

    private void delete(TaskId id) throws RefusedException {
        if (depth == 0 && chance(30)) {
            referee.deleted.add(id.value()); // also when the node dies over it
            try {
                registry.delete(id);
                tasks.remove(id);
            } catch (RefusedException refused) {
                if (store.records.containsKey(id.value())) {
                    referee.deleted.remove(id.value());
                }
                throw refused;
            }
        }
    }

    private Optional<SimCommand> any(java.util.function.Predicate<SimCommand> which) {
        List<SimCommand> found =
                supervisor.commands.values().stream().filter(which).toList();
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(draw(found.size())));
    }

    private void comeToRest() {
        for (int round = 0; round < 20; round++) {
            supervisor.commands.values().forEach(it -> {
                if (it.monitorOnItsWay) {
                    supervisor.started(it);
                }
                if (it.isRunning()) {
                    it.end(0, 0, "");
                }
            });
            registry.sweep();
        }
        referee.atTheEnd(registry);
    }
}
