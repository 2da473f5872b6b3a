package mayfly.node;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mayfly.store.TaskRecord;
import org.jspecify.annotations.Nullable;

/** Judges what the node says of tasks by the truth about their commands. */
final class TaskReferee {
    private static final List<String> ORDER = List.of("pending", "running");

    private final TaskWorld world;
    private final Map<String, TaskRecord> durableEnds = new HashMap<>();
    private final Map<String, String> told = new HashMap<>();
    /** Tasks whose creation was answered with success; of one that was not, nothing need be there if nothing began. */
    final Set<String> acknowledged = new HashSet<>();
    /** Tasks whose creation was refused. */
    final Set<String> refused = new HashSet<>();
    /** Tasks that a user deleted, or tried to. */
    final Set<String> deleted = new HashSet<>();

    TaskReferee(TaskWorld world) {
        this.world = world;
    }

    private static int rank(String status) {
        int rank = ORDER.indexOf(status);
        return rank < 0 ? ORDER.size() : rank;
    }

    void written(@Nullable TaskRecord before, TaskRecord now) {
        String id = now.id().value();
        if (before != null) {
            forward(id, before.status(), now.status(), "on disk");
        }
        if (now.endedAt() != null) {
            SimCommand command = world.supervisor.command(id);
            check(!command.isRunning(), id + " is told as " + now.status() + " while it runs");
            check(
                    command.verdict().equals(now.status()),
                    id + " is told as " + now.status() + ", but " + command.seen());
            TaskRecord first = durableEnds.putIfAbsent(id, now);
            check(first == null || first.equals(now), id + " ended twice: " + first + " and " + now);
        }
    }

    /** A reader was told; within one life of the node nothing goes back, and what was durable never does. */
    void told(TaskRecord record) {
        String id = record.id().value();
        String before = told.put(id, record.status());
        if (before != null) {
            forward(id, before, record.status(), "to a reader");
        }
        TaskRecord end = durableEnds.get(id);
        check(end == null || end.status().equals(record.status()), id + " had ended for good: " + record);
    }

    /** What was told and is not on disk may be told anew. */
    void restarted() {
        told.keySet().removeIf(id -> !durableEnds.containsKey(id));
    }

    private static void forward(String id, String before, String now, String where) {
        boolean ended = rank(before) == ORDER.size();
        check(
                ended ? before.equals(now) : rank(before) <= rank(now),
                id + " went from " + before + " to " + now + " " + where);
    }

    void started(SimCommand command) {
        check(command.starts == 1, command.name + " was started twice");
        check(!durableEnds.containsKey(command.name), command.name + " starts after its end was told");
        check(!refused.contains(command.name), command.name + " starts, but was refused");
    }

    void givenUpByALook(SimCommand command) {
        check(command.spawnedInLife == world.life, command.name + " was accepted, and is given up without a try");
    }

    /** Everything has come to rest. */
    void atTheEnd(TaskRegistry registry) {
        check(registry.running() == 0, registry.running() + " tasks are still alive for the node");
        for (SimCommand command : world.supervisor.commands.values()) {
            TaskRecord record = world.store.records.get(command.name);
            if (refused.contains(command.name)) {
                check(record == null, command.name + " was refused and is on record");
            } else if (!deleted.contains(command.name)
                    && !world.undeleted.contains(command.name)
                    && (record != null || command.starts > 0 || acknowledged.contains(command.name))) {
                check(record != null, command.name + " is not on record");
                check(command.verdict().equals(record.status()), record + " but " + command.seen());
            }
        }
    }

    private static void check(boolean holds, String broken) {
        if (!holds) {
            throw new TaskWorld.Broken(broken);
        }
    }
}
