package mayfly.core.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import mayfly.core.Property;
import mayfly.core.Step;
import mayfly.core.task.Task.Cause;
import mayfly.core.task.Task.Ended;
import mayfly.core.task.Task.Pending;
import mayfly.core.task.Task.Running;
import mayfly.core.task.TaskEffect.Announce;
import mayfly.core.task.TaskEffect.Look;
import mayfly.core.task.TaskEffect.Persist;
import mayfly.core.task.TaskEffect.Signal;
import mayfly.core.task.TaskEffect.Spawn;
import mayfly.core.task.TaskEvent.KillRequested;
import mayfly.core.task.TaskEvent.Observed;
import mayfly.core.task.TaskEvent.Reattached;
import mayfly.core.task.TaskEvent.SpawnFailed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TaskStepTest {
    private static final Task PENDING = new Pending(1, Set.of());
    private static final Task RUNNING = new Running(2, 77, 500, true);
    private static final Task ORPHANED = new Running(3, 77, 500, false);
    private static final Sight SEEN_RUNNING = new Sight.Running(77, 500, true);
    private static final Sight SEEN_ORPHANED = new Sight.Running(77, 500, false);
    private static final List<TaskEffect> CHANGED = List.of(new Persist(), new Announce());

    static Stream<Arguments> table() {
        return Stream.of(
                // the first sight
                arguments(PENDING, see(SEEN_RUNNING), step(RUNNING, CHANGED)),
                arguments(PENDING, see(new Sight.Starting()), step(PENDING, List.of())),
                arguments(PENDING, see(new Sight.Nothing()), step(PENDING, List.of())),
                arguments(
                        PENDING, see(new Sight.Exited(77, 500, 501, 0)), ended(2, 77, 500, 501, new Task.Succeeded())),
                arguments(
                        PENDING,
                        see(new Sight.ExecFailed(2, "execve", 501)),
                        ended(
                                2,
                                0,
                                0,
                                501,
                                new Task.NotStarted(
                                        "the program cannot be executed: no such file or directory, errno 2"))),
                arguments(
                        PENDING,
                        new SpawnFailed("fork: EAGAIN", 900),
                        ended(2, 0, 0, 900, new Task.NotStarted("fork: EAGAIN"))),
                arguments(PENDING, see(new Sight.Lost(500)), ended(2, 0, 500, 900, new Task.Lost("its monitor died"))),
                // asked to end before it ran: told as soon as it does
                arguments(PENDING, new KillRequested(15), step(new Pending(1, Set.of(15)), List.of())),
                arguments(
                        new Pending(1, Set.of(15, 10)),
                        see(SEEN_RUNNING),
                        step(RUNNING, List.of(new Persist(), new Announce(), new Signal(10), new Signal(15)))),
                // the node was restarted
                arguments(PENDING, new Reattached(), step(PENDING, List.of(new Spawn()))),
                arguments(RUNNING, new Reattached(), step(RUNNING, List.of(new Look()))),
                arguments(RUNNING, see(SEEN_ORPHANED), step(ORPHANED, CHANGED)),
                // while it runs
                arguments(RUNNING, new KillRequested(9), step(RUNNING, List.of(new Signal(9)))),
                arguments(RUNNING, new SpawnFailed("directory taken", 900), step(RUNNING, List.of())),
                arguments(RUNNING, see(new Sight.Starting()), step(RUNNING, List.of())),
                arguments(ORPHANED, see(SEEN_RUNNING), step(ORPHANED, List.of())),
                // the end, by what the monitor wrote
                arguments(
                        RUNNING, see(new Sight.Exited(77, 500, 600, 0)), ended(3, 77, 500, 600, new Task.Succeeded())),
                arguments(
                        RUNNING,
                        see(new Sight.Exited(77, 500, 600, 3)),
                        ended(3, 77, 500, 600, new Task.FailedWithCode(3))),
                arguments(
                        RUNNING,
                        see(new Sight.Signalled(77, 500, 600, 11)),
                        ended(3, 77, 500, 600, new Task.FailedBySignal(11))),
                arguments(
                        RUNNING,
                        see(new Sight.SignalledFor(Cause.MEMORY, 77, 500, 600, 9)),
                        ended(3, 77, 500, 600, new Task.Killed(9, Cause.MEMORY))),
                arguments(
                        RUNNING,
                        see(new Sight.ExitedAfter(Cause.ASKED, 77, 500, 600, 0)),
                        ended(3, 77, 500, 600, new Task.Stopped(0, Cause.ASKED))),
                arguments(ORPHANED, see(new Sight.Lost(0)), ended(4, 77, 500, 900, new Task.Lost("its monitor died"))),
                arguments(
                        RUNNING,
                        see(new Sight.Nothing()),
                        ended(3, 77, 500, 900, new Task.Lost("its directory was removed"))));
    }

    @ParameterizedTest
    @MethodSource("table")
    void steps(Task state, TaskEvent event, Step<Task, TaskEffect> expected) {
        assertThat(Tasks.step(state, event)).isEqualTo(expected);
    }

    @Test
    void aNewTaskIsWrittenDownAndSpawned() {
        assertThat(Tasks.begin()).isEqualTo(step(PENDING, List.of(new Persist(), new Spawn())));
    }

    @Test
    void whateverIsToldInWhateverOrderAnEndIsFinalAndRepeatsChangeNothing() {
        Property.holds(2_000, draw -> {
            Task task = Tasks.begin().state();
            for (int i = 0; i < 12; i++) {
                TaskEvent event = anyEvent(draw);
                draw.tell(event);
                Step<Task, TaskEffect> step = Tasks.step(task, event);
                assertThat(Tasks.step(task, event)).isEqualTo(step);
                if (task instanceof Ended) {
                    assertThat(step).isEqualTo(Step.stay(task));
                }
                task = step.state();
                if (event instanceof Observed) {
                    assertThat(Tasks.step(task, event)).as("told twice").isEqualTo(Step.stay(task));
                }
            }
        });
    }

    @Test
    void theVerdictDoesNotDependOnWhetherTheNodeWasThere() {
        Property.holds(500, draw -> {
            Sight end = anyEnd(draw);
            Task watched = Tasks.step(RUNNING, new Observed(end, 900)).state();
            Task found = Tasks.step(PENDING, new Observed(end, 900)).state();
            assertThat(found.status()).isEqualTo(watched.status());
        });
    }

    private static TaskEvent anyEvent(Property.Draw draw) {
        return switch (draw.between(0, 7)) {
            case 0 -> new KillRequested(draw.between(1, 31));
            case 1 -> new SpawnFailed("fork", 900);
            case 2 -> new Reattached();
            default -> new Observed(anySight(draw), 900);
        };
    }

    private static Sight anySight(Property.Draw draw) {
        return switch (draw.between(0, 5)) {
            case 0 -> new Sight.Starting();
            case 1 -> new Sight.Nothing();
            case 2, 3 -> new Sight.Running(77, 500, draw.chance(70));
            default -> anyEnd(draw);
        };
    }

    private static Sight.End anyEnd(Property.Draw draw) {
        Cause cause = draw.oneOf(Cause.values());
        return switch (draw.between(0, 5)) {
            case 0 -> new Sight.Exited(77, 500, 600, draw.between(0, 2));
            case 1 -> new Sight.ExitedAfter(cause, 77, 500, 600, draw.between(0, 2));
            case 2 -> new Sight.Signalled(77, 500, 600, draw.between(1, 31));
            case 3 -> new Sight.SignalledFor(cause, 77, 500, 600, draw.between(1, 31));
            case 4 -> new Sight.ExecFailed(2, "execve", 600);
            default -> new Sight.Lost(500);
        };
    }

    private static TaskEvent see(Sight sight) {
        return new Observed(sight, 900);
    }

    private static Step<Task, TaskEffect> ended(long version, int pid, long started, long ended, Task.Ending ending) {
        return step(new Ended(version, pid, started, ended, ending), CHANGED);
    }

    private static Step<Task, TaskEffect> step(Task state, List<TaskEffect> effects) {
        return new Step<>(state, effects);
    }
}
